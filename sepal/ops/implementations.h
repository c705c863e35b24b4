// The list of implementations that an op walks: of those that accept the problem the cheapest runs, of
// equally cheap ones the first.
//
// Environment: SEPAL_TRACE=kernels prints to stderr what ran and why the others refused. Tests and benchmarks
// force one implementation with ForceImplementation.
#pragma once

#include <string>
#include <string_view>

namespace sepal::ops {

/// An implementation accepts a problem with an empty reason; otherwise the reason is why it refuses.
using Refusal = std::string_view;
inline constexpr Refusal kAccepts = {};
inline constexpr Refusal kOnlyFloat32 = "only float32";

/// While it lives, ops called on this thread run the implementation of this name ("reference", "onednn",
/// "fused", …) if it is in their list; if it refuses the problem, they throw RuntimeError with its reason.
class ForceImplementation {
 public:
  explicit ForceImplementation(std::string name);
  ~ForceImplementation();
  ForceImplementation(const ForceImplementation&) = delete;
  ForceImplementation& operator=(const ForceImplementation&) = delete;

 private:
  std::string previous_;
};

/// Whether a ForceImplementation lives on this thread.
bool implementation_is_forced();

/// One entry of an op's list.
struct Candidate {
  const char* name;
  Refusal refusal;  // why this problem is refused; empty: accepted
  double cost = 0;  // an estimate, in any unit
};

/// The index of the candidate to run. At least one must accept.
/// `problem` describes the sizes for the trace.
std::size_t choose_implementation(const char* op, std::initializer_list<Candidate> candidates,
                                  const std::string& problem);

/// Whether SEPAL_TRACE asks for kernels; building the text of a problem costs more than small ops do.
bool tracing_kernels();

}  // namespace sepal::ops
