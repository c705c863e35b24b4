// GradientTape: remembers the operations of this thread while it lives and differentiates them
// (tf.GradientTape).
//
//   GradientTape tape;
//   tape.watch(x);
//   Tensor y = ops::multiply(x, x);
//   Tensor dy_dx = tape.gradient(y, {x})[0];   // 2x
//
// Trainable variables are watched when they are read. Without a tape an operation pays one null check.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal {

struct GradientTapeOptions {
  /// Whether `gradient` may be called more than once; otherwise the first call frees what was recorded.
  bool persistent = false;
};

class GradientTape {
 public:
  /// From the gradients of an operation's outputs (an output that does not matter has none: not defined) to
  /// the gradients of its inputs (not defined where there is none).
  using Backward = std::function<Tensors(const Tensors& output_gradients)>;

  explicit GradientTape(GradientTapeOptions options = {});
  ~GradientTape();
  GradientTape(const GradientTape&) = delete;
  GradientTape& operator=(const GradientTape&) = delete;

  /// Follows `tensor` from here on.
  /// @throws TypeError if it is not a float tensor.
  void watch(const Tensor& tensor);

  bool is_watching(const Tensor& tensor) const { return watched_.contains(tensor.id()); }

  /// d(sum of target)/d(source) for each source; a source that the target does not depend on gets zeros of
  /// its shape. `output_gradient`, shape of target, weighs the target's elements (default: ones).
  /// @throws RuntimeError if a tape that is not persistent was already used.
  Tensors gradient(const Tensor& target, const Tensors& sources, const Tensor& output_gradient = {});
  /// While one lives, this thread's operations are not recorded on any tape.
  class Pause {
   public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    std::vector<GradientTape*> tapes_;
  };

  // ---- For operations ----

  /// Whether any tape of this thread follows one of `inputs`.
  static bool is_recording(std::span<const Tensor> inputs);
  static bool is_recording(std::initializer_list<std::reference_wrapper<const Tensor>> inputs);

  /// Remembers outputs = op(inputs) on every tape that follows one of the inputs. `backward` is written in
  /// ops, so that a tape around `gradient` can differentiate it again.
  static void record(const char* op, const Tensors& inputs, const Tensors& outputs, Backward backward);

  /// For backward functions whose own derivative is not implemented: a tape that follows an input remembers
  /// that asking for it is an error (RuntimeError) instead of silently giving zero.
  static void record_not_differentiable(const char* op, const Tensors& inputs, const Tensors& outputs);

  /// Watches `tensor` on every tape of this thread (a trainable variable being read).
  static void watch_everywhere(const Tensor& tensor);

 private:
  struct Record {
    const char* op;
    std::vector<std::uint64_t> inputs;  // ids: what a gradient needs of the values, `backward` holds
    std::vector<std::uint64_t> outputs;
    Backward backward;
  };

  std::vector<Record> records_;
  std::unordered_set<std::uint64_t> watched_;
  bool persistent_;
  bool used_ = false;
};

}  // namespace sepal
