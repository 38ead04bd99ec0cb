//! The terminal: how wide it is, and single keys.

use std::io::{self, IsTerminal, Read};
use std::sync::mpsc::{self, Receiver};
use std::thread;

#[cfg(unix)]
use rustix::termios::{self as tty, Termios};

/// Returns how wide the terminal is, in columns, where output goes to one.
pub fn columns() -> Option<usize> {
    #[cfg(unix)]
    let columns = tty::tcgetwinsize(io::stdout()).ok()?.ws_col.into();
    #[cfg(not(unix))]
    let columns = return None;
    (columns > 0).then_some(columns)
}

/// Keys, as soon as they are pressed. Dropped, it leaves the terminal as it was.
pub struct Keys {
    pressed: Receiver<u8>,
    #[cfg(unix)]
    before: Option<Termios>,
}

impl Keys {
    /// Begins to listen. Where input is no terminal, what comes are lines.
    pub fn listen() -> Self {
        #[cfg(unix)]
        let before = one_by_one();
        let (tell, pressed) = mpsc::channel();
        if io::stdin().is_terminal() {
            thread::spawn(move || {
                let mut key = [0];
                while let Ok(1) = io::stdin().read(&mut key) {
                    if tell.send(key[0]).is_err() {
                        break;
                    }
                }
            });
        }
        Self {
            pressed,
            #[cfg(unix)]
            before,
        }
    }

    /// Returns a key that has been pressed and not been asked for yet.
    pub fn next(&self) -> Option<char> {
        self.pressed.try_recv().ok().map(char::from)
    }
}

/// Has the terminal hand out each key, Ctrl-C too, and not show it. Returns how it was.
#[cfg(unix)]
fn one_by_one() -> Option<Termios> {
    let before = tty::tcgetattr(io::stdin()).ok()?;
    let mut now = before.clone();
    now.local_modes -=
        tty::LocalModes::ICANON | tty::LocalModes::ECHO | tty::LocalModes::ISIG;
    tty::tcsetattr(io::stdin(), tty::OptionalActions::Now, &now).ok()?;
    Some(before)
}

#[cfg(unix)]
impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tty::tcsetattr(io::stdin(), tty::OptionalActions::Now, before);
        }
    }
}
