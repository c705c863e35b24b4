// FrozenPlan: how `predict` runs a model. Made at the first prediction and made anew when a weight has
// changed: batch normalization folded into the convolutions, activations and sums fused, one block of memory
// for all intermediate values, kernels prepared. SEPAL_TRACE=plan prints it,
// SEPAL_TRACE=times what its steps took. Not a public header.
//
// The pieces: frozen_graph (what there is to compute), frozen_fusion (less of it), frozen_layout (for inputs
// of given shapes: what runs, and where values lie), frozen_steps and frozen_convolution (the kernels).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/weights/variable.h"

namespace sepal {

class ModelBase;

namespace frozen {
struct Graph;
struct Revision;
class Layout;
}  // namespace frozen

/// Several threads may call it at once.
class FrozenPlan {
 public:
  FrozenPlan();
  ~FrozenPlan();
  FrozenPlan(const FrozenPlan&) = delete;
  FrozenPlan& operator=(const FrozenPlan&) = delete;

  /// The layout for inputs of these dtypes and shapes; nullptr where the model runs as it is: it has masks,
  /// or a layer refuses the inputs, which its own call explains best.
  std::shared_ptr<const frozen::Layout> layout_for(const ModelBase& model, const Tensors& inputs);

  /// From here on the model runs as it is.
  void give_up();

  /// Frees what was made; the next prediction makes it anew.
  void forget();

 private:
  struct Seen {
    Variable variable;
    std::uint64_t version;
  };
  bool is_current() const;
  void make(const ModelBase& model);

  std::mutex mutex_;
  bool made_ = false;
  bool given_up_ = false;
  std::vector<frozen::Revision> revisions_;
  std::vector<Seen> weights_;
  std::shared_ptr<const frozen::Graph> graph_;                  // nullptr: cannot be frozen
  std::vector<std::shared_ptr<const frozen::Layout>> layouts_;  // the one used last comes first
};

}  // namespace sepal
