//! How much of a list is in memory at the same time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Bytes of lines that may be in flight. One line alone may be larger.
const MOST: u64 = 64 << 20;

/// Bounds the lines in flight.
#[derive(Default)]
pub(super) struct Room {
    taken: Mutex<u64>,
    freed: Condvar,
}

/// The room of one line, until it is dropped.
pub(super) struct Share {
    room: Arc<Room>,
    bytes: u64,
}

impl Room {
    /// Waits until there is room for `bytes` more.
    pub(super) fn take(self: &Arc<Self>, bytes: u64) -> Share {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken > 0 && *taken + bytes > MOST {
            let waited = self.freed.wait(taken);
            taken = waited.unwrap_or_else(PoisonError::into_inner);
        }
        *taken += bytes;
        let room = Arc::clone(self);
        Share { room, bytes }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self
            .room
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *taken -= self.bytes;
        drop(taken);
        self.room.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_late_waits_for_room() {
        let room = Arc::new(Room::default());
        let first = room.take(2 * MOST);
        let waits = std::thread::spawn({
            let room = Arc::clone(&room);
            move || drop(room.take(1))
        });
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(!waits.is_finished());
        drop(first);
        assert!(waits.join().is_ok());
        let (_one, _two) = (room.take(MOST - 1), room.take(1));
    }
}
