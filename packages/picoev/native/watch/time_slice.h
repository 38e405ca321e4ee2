// How soon a thread that mostly sleeps has a CPU when it wakes and all are busy.
#pragma once

namespace picoev {

/// Asks the kernel for turns of a tenth of a millisecond for this thread: of those that want a CPU, EEVDF (Linux 6.12 and later) lets who
/// asks for little go first, for no greater share of it (sched_setattr(2)). What the thread starts has turns as usual.
/// False where the kernel does not know it, or somebody has given the thread a priority: that is left as it is.
bool ShortenTimeSlice();

}  // namespace picoev
