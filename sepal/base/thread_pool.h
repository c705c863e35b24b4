// The threads that share the parts of parallel work. Not a public header.
//
// OpenMP's regions end at a barrier that every thread of the team must reach, also one that the system has
// not let run yet: on a machine with other work each region then waits for a time slice. Here the caller
// takes parts itself until none is left and waits only for parts that others have begun.
#pragma once

#include <cstdint>
#include <functional>

namespace sepal {

/// Calls `body(part)` for every part in [0, parts), on the calling thread and up to `threads` - 1 others, and
/// returns when all are done. `body` must not throw. Several threads may call it at once.
void run_in_pool(std::int64_t parts, int threads, const std::function<void(std::int64_t part)>& body);

}  // namespace sepal
