//! Archives written for tests, by hand, so that each way in which programs write them can be asked for.

use super::read::gzip;

/// How a member of a zip is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ZipAs {
    Stored,
    Deflated,
    /// Deflated, with its lengths behind it.
    Streamed,
    /// The same, without the descriptor's signature, which is optional.
    StreamedBare,
    /// Stored, with its lengths behind it.
    StoredStreamed,
    /// Deflated, with its lengths of eight bytes in front.
    Zip64,
    /// Deflated, with lengths of eight bytes behind it.
    Zip64Streamed,
    /// As a zstd frame.
    Zstd,
}

pub(crate) const ZIP_WAYS: [ZipAs; 8] = [
    ZipAs::Stored,
    ZipAs::Deflated,
    ZipAs::Streamed,
    ZipAs::StreamedBare,
    ZipAs::StoredStreamed,
    ZipAs::Zip64,
    ZipAs::Zip64Streamed,
    ZipAs::Zstd,
];

/// A raw deflate stream.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let packed = gzip(bytes);
    // A gzip member without its header of 10 bytes and its end of 8.
    packed[10..packed.len() - 8].to_vec()
}

pub(crate) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// One member of a zip: local header, content, descriptor.
pub(crate) fn zip_member(name: &str, bytes: &[u8], way: ZipAs) -> Vec<u8> {
    let (method, packed): (u16, Vec<u8>) = match way {
        ZipAs::Stored | ZipAs::StoredStreamed => (0, bytes.to_vec()),
        ZipAs::Zstd => (93, super::read::zstd(bytes)),
        _ => (8, deflate(bytes)),
    };
    let is_streamed = matches!(way, ZipAs::Streamed | ZipAs::StreamedBare | ZipAs::StoredStreamed | ZipAs::Zip64Streamed);
    let is_zip64 = matches!(way, ZipAs::Zip64 | ZipAs::Zip64Streamed);
    let sizes = [packed.len() as u64, bytes.len() as u64];
    let mut out = zip_header(name, method, if is_streamed { 8 } else { 0 }, if is_streamed { 0 } else { crc(bytes) }, |extra| {
        if is_zip64 {
            let real = if is_streamed { [0, 0] } else { sizes };
            extra.extend(1_u16.to_le_bytes());
            extra.extend(16_u16.to_le_bytes());
            extra.extend(real[1].to_le_bytes());
            extra.extend(real[0].to_le_bytes());
            [u32::MAX; 2]
        } else if is_streamed {
            [0, 0]
        } else {
            sizes.map(|size| u32::try_from(size).unwrap())
        }
    });
    // A writer that streams cannot know that it will need zip64, and writes zeros.
    if way == ZipAs::Zip64Streamed {
        out[18..26].fill(0);
    }
    out.extend(&packed);
    if is_streamed {
        if way != ZipAs::StreamedBare {
            out.extend(b"PK\x07\x08");
        }
        out.extend(crc(bytes).to_le_bytes());
        for size in sizes {
            if is_zip64 {
                out.extend(size.to_le_bytes());
            } else {
                out.extend(u32::try_from(size).unwrap().to_le_bytes());
            }
        }
    }
    out
}

/// A local header; the lengths come from a function that may add extra fields.
pub(crate) fn zip_header(
    name: &str,
    method: u16,
    flags: u16,
    crc: u32,
    lengths: impl FnOnce(&mut Vec<u8>) -> [u32; 2],
) -> Vec<u8> {
    let mut extra = Vec::new();
    let [packed, size] = lengths(&mut extra);
    let mut out = b"PK\x03\x04\x14\0".to_vec();
    for number in [flags | 0x800, method, 0, 0] {
        out.extend(number.to_le_bytes());
    }
    for number in [crc, packed, size] {
        out.extend(number.to_le_bytes());
    }
    out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    out.extend(u16::try_from(extra.len()).unwrap().to_le_bytes());
    out.extend(name.as_bytes());
    out.extend(extra);
    out
}

/// The directory's beginning and the end: nothing behind the members is read.
pub(crate) const ZIP_END: &[u8] = b"PK\x01\x02 and so on PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// A zip of files.
pub(crate) fn zip(files: &[(&str, &[u8])], way: ZipAs) -> Vec<u8> {
    let members: Vec<u8> = files.iter().flat_map(|(name, bytes)| zip_member(name, bytes, way)).collect();
    [&members, ZIP_END].concat()
}

/// How a member of a tar has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TarAs {
    /// POSIX.1-1988: in the header, folders apart where they must be.
    Ustar,
    /// GNU: long ones in front.
    Gnu,
    /// POSIX.1-2001: in an extended header, with the size.
    Pax,
    /// As before 1988.
    Old,
}

pub(crate) const TAR_WAYS: [TarAs; 4] = [TarAs::Ustar, TarAs::Gnu, TarAs::Pax, TarAs::Old];

/// A header of a tar.
pub(crate) fn tar_header(name: &[u8], kind: u8, size: u64, way: TarAs) -> Vec<u8> {
    let mut block = vec![0; 512];
    let (folders, name) = match name.len() {
        101.. if way == TarAs::Ustar => {
            let at = name.iter().take(155).rposition(|&byte| byte == b'/').unwrap();
            (&name[..at], &name[at + 1..])
        }
        _ => (&b""[..], &name[..name.len().min(100)]),
    };
    block[..name.len()].copy_from_slice(name);
    block[345..345 + folders.len()].copy_from_slice(folders);
    block[100..108].copy_from_slice(b"0000644\0");
    if size < 1 << 33 {
        block[124..136].copy_from_slice(format!("{size:011o} ").as_bytes());
    } else {
        block[124] = 0x80;
        block[128..136].copy_from_slice(&size.to_be_bytes());
    }
    block[156] = kind;
    block[257..265].copy_from_slice(match way {
        TarAs::Old => &[0; 8],
        TarAs::Gnu => b"ustar  \0",
        TarAs::Ustar | TarAs::Pax => b"ustar\x0000",
    });
    tar_sum(&mut block);
    block
}

/// Enters the sum of a header.
pub(crate) fn tar_sum(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// Content, filled up to whole blocks.
pub(crate) fn tar_blocks(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out.resize(bytes.len().next_multiple_of(512), 0);
    out
}

/// One record of an extended header.
pub(crate) fn pax(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let length = (rest.len() + 1..rest.len() + 20).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
    format!("{length}{rest}")
}

/// One member of a tar.
pub(crate) fn tar_member(name: &str, bytes: &[u8], way: TarAs) -> Vec<u8> {
    let size = bytes.len() as u64;
    let front = match way {
        TarAs::Gnu if 100 < name.len() => {
            let name = [name.as_bytes(), b"\0"].concat();
            [tar_header(b"././@LongLink", b'L', name.len() as u64, way), tar_blocks(&name)].concat()
        }
        TarAs::Pax => {
            let records = [pax("mtime", "1700000000.5"), pax("path", name), pax("size", &size.to_string())].concat();
            [tar_header(b"PaxHeaders/x", b'x', records.len() as u64, way), tar_blocks(records.as_bytes())].concat()
        }
        _ => Vec::new(),
    };
    let kind = if way == TarAs::Old { 0 } else { b'0' };
    // What the extended header says counts.
    let size = if way == TarAs::Pax { 0 } else { size };
    [front, tar_header(name.as_bytes(), kind, size, way), tar_blocks(bytes)].concat()
}

/// A tar of files.
pub(crate) fn tar(files: &[(&str, &[u8])], way: TarAs) -> Vec<u8> {
    let members: Vec<u8> = files.iter().flat_map(|(name, bytes)| tar_member(name, bytes, way)).collect();
    [members, vec![0; 1024]].concat()
}
