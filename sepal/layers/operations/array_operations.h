// Operations that reduce or move elements and have arguments of their own: Mean, Reshape, Concatenate, … of
// keras.src.ops.numpy, Softmax of keras.src.ops.nn.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sepal/layers/operations/operation_layer.h"
#include "sepal/layers/registry.h"

namespace sepal {

/// One row for each operation: what it takes (a tensor, or a list of them) and does.
template <class OptionsT>
struct ArrayOperationKind {
  const char* class_name;
  Tensor (*compute)(const OptionsT& options, const Tensors& inputs);
  Shape (*shape)(const OptionsT& options, const Shapes& input_shapes);
  bool takes_list = false;
  const char* module = "keras.src.ops.numpy";
};

/// Options are those in the config besides the name.
template <class OptionsT>
class ArrayOperation : public OperationLayer {
 public:
  ArrayOperation(const ArrayOperationKind<OptionsT>& kind, OptionsT options, const std::string& name = {})
      : OperationLayer(kind.module, kind.class_name, name), kind_(kind), options_(std::move(options)) {}

 protected:
  void read_arguments(const Json& args) override { expect_tensors_only(args, kind_.takes_list); }
  Tensor compute(const Tensors& inputs) const override { return kind_.compute(options_, inputs); }
  Shape compute_shape(const Shapes& input_shapes) const override {
    return kind_.shape(options_, input_shapes);
  }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  ArrayOperationKind<OptionsT> kind_;
  OptionsT options_;
};

/// Rows of the registry, "module>Class".
void add_array_operations(std::map<std::string, LayerFactory>& rows);

}  // namespace sepal
