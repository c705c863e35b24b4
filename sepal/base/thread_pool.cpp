#include "sepal/base/thread_pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sepal {
namespace {

// Layers follow each other within microseconds, waking a sleeping thread takes five to fifty: threads without
// work look for it this long before they sleep.
constexpr std::chrono::microseconds kSpin{200};

inline void pause_processor() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// Whether `done` becomes true within kSpin.
template <class Done>
bool spin_until(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 64; ++i) {
      if (done()) return true;
      pause_processor();
    }
  } while (std::chrono::steady_clock::now() < end);
  return done();
}

/// Parts that are handed out one at a time. It lives until the last thread that heard of it has looked.
///
/// Each thread begins with a run of neighbouring parts, the same run in every job of as many parts: it finds
/// in its cache what it wrote there a layer earlier, and what it made for the part before. Then it helps the
/// others.
class Job {
 public:
  Job(std::int64_t parts, int threads, const std::function<void(std::int64_t)>& body)
      : parts_(parts), body_(body), runs_(static_cast<std::size_t>(threads)) {
    for (int i = 0; i < threads; ++i) {
      runs_[static_cast<std::size_t>(i)].next = parts * i / threads;
      runs_[static_cast<std::size_t>(i)].end = parts * (i + 1) / threads;
    }
  }

  /// Takes parts until none is left. Thread 0 is the caller.
  void work(std::size_t thread) {
    for (std::size_t i = 0; i < runs_.size(); ++i) take_from(runs_[(thread + i) % runs_.size()]);
  }

  void wait() const {
    if (spin_until([this] { return done_.load() == parts_; })) return;
    for (std::int64_t done = done_.load(); done != parts_; done = done_.load()) done_.wait(done);
  }

 private:
  // A cache line each, so that threads with runs of their own do not wait for each other.
  struct alignas(64) Run {
    std::atomic<std::int64_t> next{0};
    std::int64_t end = 0;
  };

  void take_from(Run& run) {
    for (std::int64_t part = run.next.fetch_add(1); part < run.end; part = run.next.fetch_add(1)) {
      body_(part);
      if (done_.fetch_add(1) + 1 == parts_) done_.notify_all();
    }
  }

  const std::int64_t parts_;
  // Of the thread that waits: only called for parts, all of which it waits for.
  const std::function<void(std::int64_t)>& body_;
  std::vector<Run> runs_;
  std::atomic<std::int64_t> done_{0};
};

class Pool {
 public:
  void run(std::int64_t parts, int threads, const std::function<void(std::int64_t)>& body) {
    const auto job = std::make_shared<Job>(parts, threads, body);
    invite(job, threads - 1);
    job->work(0);
    withdraw(job);
    job->wait();
  }

 private:
  void invite(const std::shared_ptr<Job>& job, int helpers) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < helpers; ++i) invitations_.push_back(job);
    open_invitations_ = invitations_.size();
    while (workers_ < helpers) {
      const auto thread = static_cast<std::size_t>(++workers_);
      std::thread([this, thread] { serve(thread); }).detach();
    }
    if (sleeping_ > 0) work_arrived_.notify_all();
  }

  void withdraw(const std::shared_ptr<Job>& job) {
    const std::lock_guard lock(mutex_);
    std::erase(invitations_, job);
    open_invitations_ = invitations_.size();
  }

  std::shared_ptr<Job> next_job() {
    if (!spin_until([this] { return open_invitations_.load() != 0; })) {
      std::unique_lock lock(mutex_);
      ++sleeping_;
      work_arrived_.wait(lock, [this] { return !invitations_.empty(); });
      --sleeping_;
      return take();
    }
    const std::lock_guard lock(mutex_);
    return invitations_.empty() ? nullptr : take();
  }

  std::shared_ptr<Job> take() {
    std::shared_ptr<Job> job = std::move(invitations_.front());
    invitations_.pop_front();
    open_invitations_ = invitations_.size();
    return job;
  }

  [[noreturn]] void serve(std::size_t thread) {
    while (true) {
      if (const std::shared_ptr<Job> job = next_job()) job->work(thread);
    }
  }

  std::mutex mutex_;
  std::condition_variable work_arrived_;
  std::deque<std::shared_ptr<Job>> invitations_;
  std::atomic<std::size_t> open_invitations_{0};
  int workers_ = 0;
  int sleeping_ = 0;
};

}  // namespace

void run_in_pool(std::int64_t parts, int threads, const std::function<void(std::int64_t part)>& body) {
  // Never destroyed: its threads live as long as the process.
  static Pool* const pool = new Pool;
  pool->run(parts, threads, body);
}

}  // namespace sepal
