#include "apps/sepal/interrupts.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace sepal::program {
namespace {

// Lock-free, as a signal handler needs.
std::atomic<bool> holds{false};
std::atomic<int> held_signal{0};
std::atomic<bool> on_terminal{false};

[[noreturn]] void end_by(int signal) {
  // Leaves the line of a progress bar, and of the "^C" that the terminal shows.
  if (on_terminal) [[maybe_unused]]
    const ssize_t ignored = ::write(STDERR_FILENO, "\n", 1);
  std::_Exit(128 + signal);
}

void on_signal(int signal) {
  if (!holds || held_signal.exchange(signal) != 0) end_by(signal);
}

}  // namespace

void end_on_interrupt() {
  on_terminal = ::isatty(STDERR_FILENO) == 1;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    // nohup and shells that start jobs in the background make a program deaf on purpose.
    if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    ::sigaction(signal, &action, nullptr);
  }
}

HoldsInterrupts::HoldsInterrupts() { holds = true; }

HoldsInterrupts::~HoldsInterrupts() {
  holds = false;
  if (const int signal = held_signal; signal != 0) end_by(signal);
}

}  // namespace sepal::program
