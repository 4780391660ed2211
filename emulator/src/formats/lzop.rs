//! Files of lzop: LZO1X data in blocks, each with its sizes and checksums before it.
//!
//! Source: the format as lzop 1.04 writes it (`lzop -h` of its source, "lzop file format").

use std::io::{self, Read};

const MAGIC: [u8; 9] = *b"\x89LZO\0\r\n\x1a\n";
/// The version of lzop since which headers say more.
const LONG_HEADER: u16 = 0x0940;
/// The largest block that lzop makes.
const MAX_BLOCK: usize = 64 << 20;

/// Bits of a header's flags.
mod flag {
    pub(super) const ADLER32_PLAIN: u32 = 0x1;
    pub(super) const ADLER32_COMPRESSED: u32 = 0x2;
    pub(super) const EXTRA_FIELD: u32 = 0x40;
    pub(super) const CRC32_PLAIN: u32 = 0x100;
    pub(super) const CRC32_COMPRESSED: u32 = 0x200;
    pub(super) const MULTIPART: u32 = 0x400;
    pub(super) const FILTER: u32 = 0x800;
}

/// What a compressed file holds. Files one behind the other are one.
pub(super) struct LzopReader<R> {
    file: R,
    /// Of the header before the block; none before the first.
    flags: Option<u32>,
    block: Vec<u8>,
    at: usize,
}

impl<R: Read> LzopReader<R> {
    pub(super) fn new(file: R) -> Self {
        LzopReader { file, flags: None, block: Vec::new(), at: 0 }
    }

    /// Reads the next block that has anything in it; false at the file's end.
    fn next_block(&mut self) -> io::Result<bool> {
        loop {
            let flags = match self.flags {
                Some(flags) => flags,
                None => match self.header()? {
                    Some(flags) => *self.flags.insert(flags),
                    None => return Ok(false),
                },
            };
            let size = self.u32()? as usize;
            if size == 0 {
                self.flags = None;
                continue;
            }
            self.read_block(size, flags)?;
            return Ok(true);
        }
    }

    fn read_block(&mut self, size: usize, flags: u32) -> io::Result<()> {
        let held = self.u32()? as usize;
        if size > MAX_BLOCK || held > size {
            return Err(malformed("a block is too large"));
        }
        let is_compressed = held < size;
        let adler = if flags & flag::ADLER32_PLAIN != 0 { Some(self.u32()?) } else { None };
        if flags & flag::CRC32_PLAIN != 0 {
            self.u32()?;
        }
        let packed = if is_compressed && flags & flag::ADLER32_COMPRESSED != 0 { Some(self.u32()?) } else { None };
        if is_compressed && flags & flag::CRC32_COMPRESSED != 0 {
            self.u32()?;
        }
        let mut data = vec![0; held];
        self.file.read_exact(&mut data)?;
        if packed.is_some_and(|sum| sum != adler32(&data)) {
            return Err(malformed("a block's checksum is wrong"));
        }
        if is_compressed {
            data = lzokay_native::decompress_all(&data, Some(size)).map_err(|error| malformed(&error.to_string()))?;
        }
        if data.len() != size || adler.is_some_and(|sum| sum != adler32(&data)) {
            return Err(malformed("a block's checksum is wrong"));
        }
        self.block = data;
        self.at = 0;
        Ok(())
    }

    /// Reads a header and gives its flags; none where the file ends.
    fn header(&mut self) -> io::Result<Option<u32>> {
        let mut magic = [0; MAGIC.len()];
        if self.file.read(&mut magic[..1])? == 0 {
            return Ok(None);
        }
        self.file.read_exact(&mut magic[1..])?;
        if magic != MAGIC {
            return Err(malformed("no lzop file"));
        }
        let version = self.u16()?;
        self.u16()?;
        if version >= LONG_HEADER {
            self.u16()?;
        }
        // Methods 1 to 3 are all LZO1X.
        if !(1..=3).contains(&self.u8()?) {
            return Err(malformed("an unknown method"));
        }
        if version >= LONG_HEADER {
            self.u8()?;
        }
        let flags = self.u32()?;
        if flags & (flag::MULTIPART | flag::FILTER) != 0 {
            return Err(malformed("filters and parts are not supported"));
        }
        // Mode and time.
        self.pass_over(if version >= LONG_HEADER { 12 } else { 8 })?;
        let name = self.u8()?;
        self.pass_over(u64::from(name))?;
        // The header's own checksum.
        self.u32()?;
        if flags & flag::EXTRA_FIELD != 0 {
            let length = self.u32()?;
            self.pass_over(u64::from(length) + 4)?;
        }
        Ok(Some(flags))
    }

    fn pass_over(&mut self, bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.file.by_ref().take(bytes), &mut io::sink())?;
        if passed == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u8(&mut self) -> io::Result<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> io::Result<u16> {
        self.bytes().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.bytes().map(u32::from_be_bytes)
    }
}

impl<R: Read> Read for LzopReader<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() && !self.next_block()? {
            return Ok(0);
        }
        let length = to.len().min(self.block.len() - self.at);
        to[..length].copy_from_slice(&self.block[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Adler-32: RFC 1950, section 8.2.
fn adler32(data: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1u32, 0u32);
    // So many bytes cannot overflow the sums.
    for chunk in data.chunks(5_552) {
        for byte in chunk {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

/// A file as lzop writes it: for tests.
#[cfg(test)]
pub(crate) fn compressed(data: &[u8], block: usize) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    file.extend(0x1040u16.to_be_bytes());
    file.extend(0x20a0u16.to_be_bytes());
    file.extend(0x0940u16.to_be_bytes());
    file.extend([1, 5]);
    file.extend((flag::ADLER32_PLAIN | flag::ADLER32_COMPRESSED).to_be_bytes());
    file.extend([0; 12]);
    file.extend(b"\x05x.txt");
    file.extend([0; 4]);
    for plain in data.chunks(block) {
        let packed = lzokay_native::compress(plain).expect("compressed");
        file.extend((plain.len() as u32).to_be_bytes());
        let is_compressed = packed.len() < plain.len();
        file.extend((if is_compressed { packed.len() } else { plain.len() } as u32).to_be_bytes());
        file.extend(adler32(plain).to_be_bytes());
        if is_compressed {
            file.extend(adler32(&packed).to_be_bytes());
        }
        file.extend(if is_compressed { &packed } else { plain });
    }
    file.extend([0; 4]);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        LzopReader::new(file).read_to_end(&mut plain).map(|_| plain)
    }

    #[test]
    fn checksums_are_those_of_the_rfc() {
        // "Wikipedia" is the usual example of the checksum.
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn blocks_and_files_follow_each_other() {
        let text: Vec<u8> = (0..20_000).flat_map(|n: u32| format!("{n}|row {n}\n").into_bytes()).collect();
        let file = compressed(&text, 64 << 10);
        assert!(file.len() < text.len());
        assert_eq!(read(&file).expect("a file"), text);
        assert_eq!(read(&[file.clone(), file].concat()).expect("files"), [text.clone(), text].concat());
        // What does not shrink is stored as it is.
        assert_eq!(read(&compressed(b"a", 100)).expect("a file"), b"a");
    }

    #[test]
    fn what_is_no_such_file_is_an_error() {
        let file = compressed(&b"abc".repeat(1_000), 100_000);
        assert!(read(b"1|2\n3|4\n5|6\n").is_err());
        assert!(read(&file[..file.len() - 5]).is_err());
        let mut broken = file;
        let at = broken.len() - 6;
        broken[at] ^= 0x55;
        assert!(read(&broken).is_err());
    }
}
