//! Where the few bytes are that mean something to a format: delimiters, line ends, quotes.
//!
//! Every byte of a file passes here once, so it is done 64 at a time: they are compared in one go (a loop over an array
//! that compilers turn into vector instructions), the 64 answers become the bits of a number, and only the bits that are
//! set cost anything more.

/// The offsets of all bytes that are one of `wanted`, ascending.
pub(super) fn specials<const N: usize>(block: &[u8], wanted: [u8; N]) -> Vec<u32> {
    let mut found = Vec::with_capacity(block.len() / 8);
    let (chunks, rest) = block.as_chunks::<64>();
    for (index, chunk) in chunks.iter().enumerate() {
        push_bits(&mut found, index * 64, bits(chunk, wanted));
    }
    let base = chunks.len() * 64;
    for (index, byte) in rest.iter().enumerate() {
        if wanted.contains(byte) {
            found.push((base + index) as u32);
        }
    }
    found
}

/// One bit for each byte that is wanted, the first byte's the lowest.
#[inline]
fn bits<const N: usize>(chunk: &[u8; 64], wanted: [u8; N]) -> u64 {
    let mut hits = [0u8; 64];
    for (hit, byte) in hits.iter_mut().zip(chunk) {
        let mut any = 0;
        for candidate in wanted {
            any |= u8::from(*byte == candidate);
        }
        *hit = any;
    }
    let (eights, _) = hits.as_chunks::<8>();
    let mut bits = 0;
    for (index, eight) in eights.iter().enumerate() {
        // The product gathers the lowest bit of each byte in the highest byte.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= gathered << (index * 8);
    }
    bits
}

#[inline]
fn push_bits(found: &mut Vec<u32>, base: usize, mut bits: u64) {
    while bits != 0 {
        found.push(base as u32 + bits.trailing_zeros());
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wanted_byte_is_found_and_no_other() {
        let block: Vec<u8> = (0..1000u32).map(|n| (n * n % 251) as u8).collect();
        for length in [0, 1, 63, 64, 65, 127, 128, 1000] {
            let block = &block[..length];
            let expected: Vec<u32> =
                (0..length as u32).filter(|at| matches!(block[*at as usize], b'|' | b'\n' | b'"')).collect();
            assert_eq!(specials(block, [b'|', b'\n', b'"']), expected, "{length}");
        }
    }

    #[test]
    fn bits_are_in_the_order_of_the_bytes() {
        for at in 0..64 {
            let mut chunk = [b'x'; 64];
            chunk[at] = b',';
            assert_eq!(bits(&chunk, [b',', b'\n']), 1 << at);
        }
        assert_eq!(bits(&[b','; 64], [b',']), u64::MAX);
    }
}
