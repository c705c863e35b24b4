// Threads: one pool for everything.
//
// Results must not depend on the number of threads. The rule that keeps this true: work is cut into parts by
// the problem's shape alone; threads only decide who runs a part. A sum over parts is added in the order of
// the parts.
#pragma once

#include <cstdint>
#include <functional>

namespace sepal {

/// Number of threads that parallel work may use; at start the number of processors, or OMP_NUM_THREADS.
int num_threads();

/// @throws ValueError if `threads` is below 1.
void set_num_threads(int threads);

/// Calls `body(part)` for every part in [0, parts), each once, on some thread, in any order.
/// Called from inside another parallel region it runs the parts one after another. Inside of a part,
/// libraries that use OpenMP (oneDNN) see one thread, also when there is only one part. An exception of a
/// part reaches the caller after all threads stopped (the one of the lowest part wins).
void parallel_parts(std::int64_t parts, const std::function<void(std::int64_t part)>& body);

/// Calls `body(begin, end)` for ranges that together cover [0, count). `grain` is the least length worth a
/// thread. For bodies whose result for an index does not depend on the range it comes in.
void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace sepal
