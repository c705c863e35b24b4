#include "sepal/base/parallel.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>

#include "sepal/base/error.h"
#include "sepal/base/thread_pool.h"

namespace sepal {
namespace {

std::atomic<int> thread_limit{0};  // 0: not set, ask OpenMP

// Libraries called from a part (oneDNN) must not plan for more threads than this one: their results would
// depend on the number. OpenMP keeps the setting per thread, so no other thread sees it.
class OneThreadForLibraries {
 public:
  OneThreadForLibraries() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThreadForLibraries() { omp_set_num_threads(before_); }
  OneThreadForLibraries(const OneThreadForLibraries&) = delete;
  OneThreadForLibraries& operator=(const OneThreadForLibraries&) = delete;

 private:
  int before_;
};

thread_local bool inside_of_part = false;

class InsideOfPart {
 public:
  InsideOfPart() { inside_of_part = true; }
  ~InsideOfPart() { inside_of_part = false; }
  InsideOfPart(const InsideOfPart&) = delete;
  InsideOfPart& operator=(const InsideOfPart&) = delete;
};

}  // namespace

int num_threads() {
  const int limit = thread_limit;
  return limit > 0 ? limit : omp_get_max_threads();
}

void set_num_threads(int threads) {
  if (threads < 1) {
    throw ValueError(fmt::format(
        "Invalid value for argument `threads`. Expected a strictly positive value. Received: threads={}",
        threads));
  }
  thread_limit = threads;
}

void parallel_parts(std::int64_t parts, const std::function<void(std::int64_t)>& body) {
  const int threads = static_cast<int>(std::min<std::int64_t>(num_threads(), parts));
  if (threads <= 1 || inside_of_part) {
    const OneThreadForLibraries one_thread;
    for (std::int64_t part = 0; part < parts; ++part) body(part);
    return;
  }
  std::mutex mutex;
  std::exception_ptr failure;
  std::int64_t failed_part = std::numeric_limits<std::int64_t>::max();
  run_in_pool(parts, threads, [&](std::int64_t part) {
    const OneThreadForLibraries one_thread;
    const InsideOfPart inside;
    try {
      body(part);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (part < failed_part) {
        failed_part = part;
        failure = std::current_exception();
      }
    }
  });
  if (failure) std::rethrow_exception(failure);
}

void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
  if (count <= 0) return;
  const std::int64_t most = (count + std::max<std::int64_t>(grain, 1) - 1) / std::max<std::int64_t>(grain, 1);
  const std::int64_t parts = std::min<std::int64_t>(most, num_threads());
  if (parts <= 1) return body(0, count);
  parallel_parts(parts, [&](std::int64_t part) { body(count * part / parts, count * (part + 1) / parts); });
}

}  // namespace sepal
