// An end for a process whose event loop no longer turns, by the kernel's timer: no thread, and no turn of the loop, is
// needed for it.
//
// The plain alarm(2) goes on while a process is stopped, and would end it as it wakes, before it could do anything. So the
// first ring ends nothing: from there on the alarm rings each second, and only rings that come in time count. One that is
// late tells that the process was not running, and the count begins anew.
#pragma once

namespace picoev {

/// Ends this process by SIGALRM when `seconds` have passed and then, in one piece, `grace` seconds in which it ran; 0
/// seconds calls it off. Each call replaces the one before. For the whole process: to be called by one thread.
void SetAlarm(unsigned seconds, unsigned grace);

}  // namespace picoev
