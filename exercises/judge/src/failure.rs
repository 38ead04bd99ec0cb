//! What a check found wrong, with everything that a person needs to see it too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::exercise::Exercise;
use crate::patience::Silence;

/// What a check says: all is well, or what is not.
pub type Verdict<T = ()> = Result<T, Fault>;
pub type Fault = Box<Failure>;

/// Words, fixed or put together.
pub trait Str: Into<String> {}
impl<T: Into<String>> Str for T {}

/// One thing that is wrong.
#[derive(Clone, Debug)]
#[must_use]
pub struct Failure {
    /// Everything that happened in this check, in order.
    pub events: Vec<Event>,
    pub place: Place,
    /// What it means, in a sentence or two, from a capital to a stop.
    pub meaning: String,
    /// Why it is wrong: "RFC 9112, section 2.2: …", or a man page.
    pub why: String,
    /// What should have come, when it can be said byte for byte, beside what did.
    pub difference: Option<(String, String)>,
    /// A command, instead of the check's own.
    pub reproduce: Option<String>,
    /// What a person should see who tries it.
    pub should_see: Option<String>,
    pub kind: Kind,
    /// Whose check has found it, where a stage consists of several.
    pub found_by: Option<(&'static Exercise, usize)>,
}

/// How far a failure goes beyond the check that found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program isn't as the check demands.
    Wrong,
    /// The program has ended, or can't go on: no client can know better.
    Crash,
    /// The program hasn't even begun: no other check can find out more.
    AtStart,
    /// There was nothing that this check could have judged.
    Unreached,
    /// The machine was too busy for a check by the clock.
    Inconclusive,
}

/// Where it went wrong: at the last event, or at a byte of all that a client has
/// received or sent, or of what the program has printed on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Moment,
    Received(usize, usize),
    Sent(usize, usize),
    Printed(usize),
}

/// Something that happened, so long after the program was started.
#[derive(Clone, Debug)]
pub struct Event {
    pub at: Duration,
    pub what: What,
}

/// What can happen to the program, and to a client with this number, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Started(String),
    /// On standard output.
    Printed(Vec<u8>),
    Connected(usize),
    /// Nobody listens.
    Refused(usize),
    /// The connection was neither made nor refused.
    NotLetIn(usize),
    /// The client waited for so long, on purpose: for those who do it by hand.
    Paused(usize, Duration),
    Sent(usize, Vec<u8>),
    /// The client could send no more of its bytes; so many were left.
    Stuck(usize, usize),
    /// The client said that it has sent everything (FIN).
    HalfClosed(usize),
    /// The client closed the connection, or, if `true`, threw it away (RST).
    Left(usize, bool),
    Received(usize, Vec<u8>),
    /// The program closed the connection (FIN).
    Closed(usize),
    /// The program's system threw the connection away (RST).
    Reset(usize),
    Nothing(Duration),
    /// The program used the processor all the time, and nothing came.
    Busy,
    Typed(Option<String>),
    /// The program had printed this on standard error.
    Complained(String),
    /// The program ended, with this status and these last words.
    Ended(String, String),
    Note(String),
}

impl What {
    pub fn client(&self) -> Option<usize> {
        match self {
            Self::Connected(client)
            | Self::Refused(client)
            | Self::NotLetIn(client)
            | Self::Paused(client, _)
            | Self::Sent(client, _)
            | Self::Stuck(client, _)
            | Self::HalfClosed(client)
            | Self::Left(client, _)
            | Self::Received(client, _)
            | Self::Closed(client)
            | Self::Reset(client) => Some(*client),
            _ => None,
        }
    }
}

/// All that happens in one check, written down by whoever sees it.
#[derive(Clone, Debug)]
pub struct Log {
    begun: Instant,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Log {
    pub fn new() -> Self {
        Self { begun: Instant::now(), events: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn add(&self, what: What) {
        self.add_at(self.now(), what);
    }

    /// As [`Log::add`], for what began a moment ago.
    pub fn add_at(&self, at: Duration, what: What) {
        let mut events = self.lock();
        // How the bytes were cut on their way is nobody's doing.
        match (events.last_mut().map(|event| &mut event.what), &what) {
            (Some(What::Received(before, bytes)), What::Received(now, more))
                if before == now =>
            {
                bytes.extend_from_slice(more);
            }
            (Some(What::Printed(bytes)), What::Printed(more)) => {
                bytes.extend_from_slice(more);
            }
            _ => events.push(Event { at, what }),
        }
    }

    /// What happened before anything else was seen, after the start.
    pub fn add_first(&self, what: What) {
        let mut events = self.lock();
        let (at, index) = (events.first().map(|first| first.at), events.len().min(1));
        events.insert(index, Event { at: at.unwrap_or_default(), what });
    }

    pub fn silent(&self, silence: Silence, quiet: Duration) {
        self.add(match silence {
            Silence::Asleep => What::Nothing(quiet),
            Silence::Busy => What::Busy,
        });
    }

    pub fn events(&self) -> Vec<Event> {
        self.lock().clone()
    }

    pub fn failure(&self, place: Place, meaning: impl Str, why: impl Str) -> Fault {
        Box::new(Failure {
            events: self.events(),
            place,
            meaning: meaning.into(),
            why: why.into(),
            difference: None,
            reproduce: None,
            should_see: None,
            kind: Kind::Wrong,
            found_by: None,
        })
    }
}

impl Failure {
    /// Also shows, line by line, how what came differs from what should have come.
    pub fn instead_of(mut self: Box<Self>, wanted: &[u8], came: &[u8]) -> Box<Self> {
        self.difference = Some((probe::escape(wanted), probe::escape(came)));
        self
    }

    /// Says what it means where the cause is known better.
    pub fn because(mut self: Box<Self>, meaning: impl Str, why: impl Str) -> Fault {
        (self.meaning, self.why) = (meaning.into(), why.into());
        self
    }

    /// Void, unless the last client had sent all it did so soon after it had connected:
    /// it may have been late only because the machine was busy.
    pub fn if_sent_within(self: Box<Self>, time: Duration) -> Box<Self> {
        let last = |is_it: fn(&What) -> bool| {
            self.events.iter().rfind(|event| is_it(&event.what)).map(|event| event.at)
        };
        let connected = last(|what| matches!(what, What::Connected(_)));
        let sent = last(|what| matches!(what, What::Sent(..)));
        match connected.zip(sent) {
            Some((begin, end)) if end.saturating_sub(begin) >= time => {
                self.inconclusive()
            }
            _ => self,
        }
    }

    /// The same, but it says nothing about the program: the machine was too slow.
    pub fn inconclusive(mut self: Box<Self>) -> Box<Self> {
        self.place = Place::Moment;
        self.of_kind(Kind::Inconclusive).because(
            "This computer was so busy with other things that the check could not keep \
             time, and so it means nothing.",
            "That is not the fault of your program. Close what else is running, and \
             check again.",
        )
    }

    /// The same, but there was nothing that this check could have judged.
    pub fn unreached(self: Box<Self>) -> Box<Self> {
        self.of_kind(Kind::Unreached)
    }

    pub fn of_kind(mut self: Box<Self>, kind: Kind) -> Box<Self> {
        self.kind = kind;
        self
    }

    /// Shows what the first client has sent in pieces as one: what comes between which
    /// of them is left to chance.
    #[must_use]
    pub fn with_pieces_as_one(mut self: Box<Self>, pause: Duration) -> Box<Self> {
        let is_sent = |event: &Event| matches!(event.what, What::Sent(..));
        let Some(place) = self.events.iter().position(is_sent) else { return self };
        let (at, client) = (self.events[place].at, self.events[place].what.client());
        let mut all = Vec::new();
        self.events.retain(|event| match &event.what {
            it if it.client() != client => true,
            What::Sent(_, bytes) => {
                all.extend_from_slice(bytes);
                false
            }
            What::Paused(..) | What::Closed(_) | What::Reset(_) => false,
            _ => true,
        });
        let how = format!("byte by byte, one every {} seconds:", pause.as_secs_f32());
        let pieces = [What::Note(how), What::Sent(client.unwrap_or(1), all)];
        self.events.splice(place..place, pieces.map(|what| Event { at, what }));
        self
    }

    /// Suggests another command than the check's own to see it by hand.
    pub fn reproduce(mut self: Box<Self>, command: impl Str) -> Box<Self> {
        self.reproduce = Some(command.into());
        self
    }

    /// Says what a person should see who tries it: "You should see …".
    pub fn should_see(mut self: Box<Self>, what: impl Str) -> Box<Self> {
        self.should_see = Some(what.into());
        self
    }
}
