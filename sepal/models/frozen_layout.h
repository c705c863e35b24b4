// A frozen graph for inputs of given shapes: steps, and the place of each value. Not a public header.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "sepal/models/frozen_steps.h"
#include "sepal/models/step_times.h"

namespace sepal::frozen {

/// A layer's own call made something else than the layer said.
struct LayoutMismatch {};

class Layout {
 public:
  /// @throws what the layers throw for shapes that they do not take.
  Layout(std::shared_ptr<const Graph> graph, Shapes input_shapes);

  const Shapes& input_shapes() const { return input_shapes_; }
  const Shapes& output_shapes() const { return output_shapes_; }
  const std::vector<DType>& output_dtypes() const { return output_dtypes_; }

  /// Computes the outputs into `outputs`, one array of the dtype and shape of each. Several threads may run
  /// one layout: each takes a workspace of its own, which is kept for the next run.
  /// @throws LayoutMismatch; what the layers throw.
  void run(const Tensors& inputs, std::span<std::byte* const> outputs) const;

  /// Prints the times of the steps if SEPAL_TRACE asks for them.
  ~Layout();

  /// For the trace: one line for each step.
  std::string str() const;

 private:
  enum class Home { input, arena, output, tensor };
  // Where a value lies. Views and results computed in place share the place of their source.
  struct Place {
    Home home = Home::arena;
    std::size_t index = 0;    // of the input, output or tensor
    std::int64_t offset = 0;  // in the arena, in floats
  };
  static bool is_same(const Place& a, const Place& b) { return a.home == b.home && a.index == b.index; }
  struct PlannedStep {
    const Node* node;
    Step step;
    std::int64_t workspace = 0;              // offset in the arena
    std::vector<std::size_t> releases = {};  // tensors that no later step reads
  };
  struct Workspace {
    Tensor arena;
    Tensors tensors;  // of values that a layer's own call makes or reads
    std::vector<float*> values;
    std::vector<const float*> arguments;
  };

  void find_shapes();
  void place_values();
  std::unique_ptr<Workspace> take_workspace() const;
  static const char* kernel_of(const PlannedStep& step);
  void call(const PlannedStep& step, const Tensors& inputs, Workspace& workspace) const;

  std::shared_ptr<const Graph> graph_;
  Shapes input_shapes_;
  Shapes output_shapes_;
  std::vector<DType> output_dtypes_;
  Shapes shapes_;  // of all values
  std::vector<PlannedStep> steps_;
  std::vector<Place> places_;
  std::size_t tensors_ = 0;
  std::int64_t arena_size_ = 0;       // floats
  std::unique_ptr<StepTimes> times_;  // nullptr: nobody asked
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace sepal::frozen
