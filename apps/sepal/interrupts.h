// What Ctrl-C (SIGINT) and a polite kill (SIGTERM) do to the program.
#pragma once

namespace sepal::program {

/// From now on they end the program with the customary status, 130 or 143.
void end_on_interrupt();

/// While it lives they wait, so that files are written whole. A second one does not wait.
class HoldsInterrupts {
 public:
  HoldsInterrupts();
  /// Ends the program if one came.
  ~HoldsInterrupts();
  HoldsInterrupts(const HoldsInterrupts&) = delete;
  HoldsInterrupts& operator=(const HoldsInterrupts&) = delete;
};

}  // namespace sepal::program
