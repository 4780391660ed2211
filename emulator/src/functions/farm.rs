//! FarmHash's Fingerprint64, by Google: a hash of 64 bits that stays the same for ever.
//!
//! Source: developer guide, "farmFingerprint64 function"; the function is `farmhashna::Hash64` of the FarmHash library.

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;

/// Fingerprint64 of some bytes.
pub(super) fn fingerprint64(bytes: &[u8]) -> u64 {
    match bytes.len() {
        0..=16 => upto16(bytes),
        17..=32 => upto32(bytes),
        33..=64 => upto64(bytes),
        _ => long(bytes),
    }
}

/// The 8 bytes at a place, the lowest first.
fn fetch(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn fetch32(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 4].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn shift_mix(value: u64) -> u64 {
    value ^ value >> 47
}

fn hash16(u: u64, v: u64, mul: u64) -> u64 {
    let a = shift_mix((u ^ v).wrapping_mul(mul));
    let b = shift_mix((v ^ a).wrapping_mul(mul));
    b.wrapping_mul(mul)
}

fn upto16(s: &[u8]) -> u64 {
    let len = s.len();
    let mul = K2.wrapping_add(len as u64 * 2);
    if len >= 8 {
        let a = fetch(s, 0).wrapping_add(K2);
        let b = fetch(s, len - 8);
        let c = b.rotate_right(37).wrapping_mul(mul).wrapping_add(a);
        let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(mul);
        return hash16(c, d, mul);
    }
    if len >= 4 {
        return hash16((len as u64).wrapping_add(fetch32(s, 0) << 3), fetch32(s, len - 4), mul);
    }
    if len > 0 {
        let y = u64::from(s[0]) + (u64::from(s[len >> 1]) << 8);
        let z = len as u64 + (u64::from(s[len - 1]) << 2);
        return shift_mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2);
    }
    K2
}

fn upto32(s: &[u8]) -> u64 {
    let len = s.len();
    let mul = K2.wrapping_add(len as u64 * 2);
    let a = fetch(s, 0).wrapping_mul(K1);
    let b = fetch(s, 8);
    let c = fetch(s, len - 8).wrapping_mul(mul);
    let d = fetch(s, len - 16).wrapping_mul(K2);
    hash16(
        a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d),
        a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c),
        mul,
    )
}

fn upto64(s: &[u8]) -> u64 {
    let len = s.len();
    let mul = K2.wrapping_add(len as u64 * 2);
    let a = fetch(s, 0).wrapping_mul(K2);
    let b = fetch(s, 8);
    let c = fetch(s, len - 8).wrapping_mul(mul);
    let d = fetch(s, len - 16).wrapping_mul(K2);
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let z = hash16(y, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), mul);
    let e = fetch(s, 16).wrapping_mul(mul);
    let f = fetch(s, 24);
    let g = y.wrapping_add(fetch(s, len - 32)).wrapping_mul(mul);
    let h = z.wrapping_add(fetch(s, len - 24)).wrapping_mul(mul);
    hash16(
        e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h),
        e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g),
        mul,
    )
}

/// Two numbers that hash 32 bytes and two seeds; weak by itself.
fn weak32(s: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let (w, x, y, z) = (fetch(s, at), fetch(s, at + 8), fetch(s, at + 16), fetch(s, at + 24));
    let a = a.wrapping_add(w);
    let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let c = a;
    let a = a.wrapping_add(x).wrapping_add(y);
    let b = b.wrapping_add(a.rotate_right(44));
    (a.wrapping_add(z), b.wrapping_add(c))
}

fn long(s: &[u8]) -> u64 {
    const SEED: u64 = 81;
    let len = s.len();
    let mut x = SEED;
    let mut y = SEED.wrapping_mul(K1).wrapping_add(113);
    let mut z = shift_mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let (mut v, mut w) = ((0_u64, 0_u64), (0_u64, 0_u64));
    x = x.wrapping_mul(K2).wrapping_add(fetch(s, 0));
    let end = (len - 1) / 64 * 64;
    let last64 = end + ((len - 1) & 63) - 63;
    let mut at = 0;
    while at != end {
        x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(fetch(s, at + 8)).rotate_right(37).wrapping_mul(K1);
        y = y.wrapping_add(v.1).wrapping_add(fetch(s, at + 48)).rotate_right(42).wrapping_mul(K1);
        x ^= w.1;
        y = y.wrapping_add(v.0).wrapping_add(fetch(s, at + 40));
        z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(K1);
        v = weak32(s, at, v.1.wrapping_mul(K1), x.wrapping_add(w.0));
        w = weak32(s, at + 32, z.wrapping_add(w.1), y.wrapping_add(fetch(s, at + 16)));
        std::mem::swap(&mut z, &mut x);
        at += 64;
    }
    let mul = K1.wrapping_add((z & 0xff) << 1);
    let at = last64;
    w.0 = w.0.wrapping_add((len as u64 - 1) & 63);
    v.0 = v.0.wrapping_add(w.0);
    w.0 = w.0.wrapping_add(v.0);
    x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(fetch(s, at + 8)).rotate_right(37).wrapping_mul(mul);
    y = y.wrapping_add(v.1).wrapping_add(fetch(s, at + 48)).rotate_right(42).wrapping_mul(mul);
    x ^= w.1.wrapping_mul(9);
    y = y.wrapping_add(v.0.wrapping_mul(9)).wrapping_add(fetch(s, at + 40));
    z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(mul);
    v = weak32(s, at, v.1.wrapping_mul(mul), x.wrapping_add(w.0));
    w = weak32(s, at + 32, z.wrapping_add(w.1), y.wrapping_add(fetch(s, at + 16)));
    std::mem::swap(&mut z, &mut x);
    hash16(
        hash16(v.0, w.0, mul).wrapping_add(shift_mix(y).wrapping_mul(K0)).wrapping_add(z),
        hash16(v.1, w.1, mul).wrapping_add(x),
        mul,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_fingerprints() {
        assert_eq!(fingerprint64(b"Amazon Redshift") as i64, 8_085_098_817_162_212_970);
        // Of the library itself: the first bytes 0, 1, 2, ... of each of its five ways.
        for (length, expected) in FINGERPRINTS {
            let bytes: Vec<u8> = (0..length).collect();
            assert_eq!(fingerprint64(&bytes), expected, "{length} bytes");
        }
    }

    const FINGERPRINTS: [(u8, u64); 9] = [
        (0, 0x9ae1_6a3b_2f90_404f),
        (1, 0xbe60_56ed_f5e9_4b54),
        (5, 0xb4bf_a9e8_7732_c149),
        (8, 0xad5a_13e1_e8e9_3b98),
        (16, 0x0efd_25a0_a341_56d4),
        (32, 0x1a9d_8199_972c_df49),
        (64, 0xf585_04bb_53de_cc4b),
        (65, 0xc6a3_282c_3e79_3dbe),
        (200, 0x074c_7fcc_26d6_6fb3),
    ];
}
