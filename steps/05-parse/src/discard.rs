//! A body that nobody wants: read to its end and thrown away.

use std::ops::Range;

use crate::ParseError;
use crate::body::{Body, chunk_size};
use crate::connection::{Connection, Stop};
use crate::rules::{BODY_TOO_LARGE, CHUNK_END};
use crate::wire::Wire;

/// The longest line in a chunked body: a chunk's size, or a trailer field.
const MAX_CHUNK_LINE: usize = 4 * 1024;

impl<W: Wire> Connection<W> {
    /// Reads the body and throws it away, so that closing leaves nothing unread.
    pub fn discard(&mut self, body: Body) -> Result<(), Stop> {
        match body {
            Body::Length(length) => self.discard_bytes(length),
            Body::Chunked => self.discard_chunks(),
        }
    }

    /// `chunked-body`, RFC 9112, 7.1: chunks, of which the last is empty, then trailer
    /// fields up to a blank line.
    fn discard_chunks(&mut self) -> Result<(), Stop> {
        loop {
            let line = self.line()?;
            let size = chunk_size(&self.pending[line.clone()], line.start)?;
            if size == 0 {
                break;
            }
            self.discard_bytes(size)?;
            let line = self.line()?;
            if !line.is_empty() {
                return Err(CHUNK_END.at(line.start).into());
            }
        }
        while !self.line()?.is_empty() {}
        Ok(())
    }

    fn discard_bytes(&mut self, length: usize) -> Result<(), Stop> {
        self.charge(length)?;
        let mut left = length;
        loop {
            let here = left.min(self.pending.len() - self.used);
            self.used += here;
            left -= here;
            if left == 0 {
                return Ok(());
            }
            self.read_more()?;
        }
    }

    /// Where the next line is in `pending`, without its CR LF.
    fn line(&mut self) -> Result<Range<usize>, Stop> {
        loop {
            let rest = &self.pending[self.used..];
            let found = rest.windows(2).position(|pair| pair == b"\r\n");
            // Of an open line, the last byte may be the CR of its end.
            let length = found.unwrap_or(rest.len().saturating_sub(1));
            if length > MAX_CHUNK_LINE {
                return Err(BODY_TOO_LARGE.at(self.used).into());
            }
            if found.is_some() {
                let start = self.used;
                self.used += length + 2;
                self.charge(length + 2)?;
                return Ok(start..start + length);
            }
            self.read_more()?;
        }
    }

    /// Counts what a body has brought, the lines between its chunks included.
    fn charge(&mut self, length: usize) -> Result<(), ParseError> {
        self.body_left =
            self.body_left.checked_sub(length).ok_or(BODY_TOO_LARGE.at(self.used))?;
        Ok(())
    }
}
