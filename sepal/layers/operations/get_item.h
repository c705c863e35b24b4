// GetItem: `x[:, 1:3]` on a symbolic tensor (keras.src.ops.numpy.GetItem).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sepal/layers/operations/operation_layer.h"

namespace sepal {

/// The second argument of the call says what is taken of each axis: a slice, a whole number (the axis goes),
/// null (a new axis of length 1) or an ellipsis (all axes between).
class GetItemOperation : public OperationLayer {
 public:
  explicit GetItemOperation(const std::string& name = {})
      : OperationLayer(keras_modules::kNumpy, "GetItem", name) {}

 protected:
  /// @throws ValueError for a slice with steps of 0, TypeError for anything else than these.
  void read_arguments(const Json& args) override;
  Tensors compute(const Tensors& inputs) const override;
  Shapes compute_shapes(const Shapes& input_shapes) const override;

 private:
  struct Item {
    enum class Kind { slice, index, new_axis, ellipsis };
    Kind kind = Kind::slice;
    std::optional<std::int64_t> start = {};
    std::optional<std::int64_t> stop = {};
    std::int64_t step = 1;
  };

  Item item_from(const Json& key) const;
  /// One item for each axis of a tensor of this rank, and the new axes.
  std::vector<Item> items_for(int rank) const;

  std::vector<Item> items_;
};

}  // namespace sepal
