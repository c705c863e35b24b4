// OperandOperation: an operation whose call has several operands, tensors or constants, some of which may be
// left out (Outer, Slice, BatchNorm, … of keras.src.ops). The rows are in the *_operations.cpp files. Not a
// public header.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sepal/layers/operations/argument_tensor.h"
#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/elementwise.h"

namespace sepal {

/// One row for each operation. Operands that are not given are tensors that are not defined, and shapes of no
/// axes.
template <class OptionsT>
struct OperandOperationKind {
  const char* class_name;
  /// Names of the operands; the first `required` must be given.
  std::vector<const char*> operands;
  std::size_t required;
  /// The first `typed` operands have the dtype `compute_dtype`, all others their own; bare numbers are
  /// float64.
  Tensor (*compute)(const OptionsT& options, const Tensors& operands);
  Shape (*shape)(const OptionsT& options, const Shapes& operands);
  const char* module = keras_modules::kNumpy;
  std::size_t typed = OperandList::kAll;
  /// Of the result, given that of the first `typed` operands together; nullptr: the same.
  DType (*dtype)(const OptionsT& options, DType common) = nullptr;
};

template <class OptionsT>
class OperandOperation : public OperationLayer {
 public:
  OperandOperation(const OperandOperationKind<OptionsT>& kind, OptionsT options, const std::string& name = {})
      : OperationLayer(kind.module, kind.class_name, name), kind_(kind), options_(std::move(options)) {}

 protected:
  std::vector<const char*> argument_names() const override { return kind_.operands; }
  void read_arguments(const Json& args) override {
    OperandList operands(args, owner());
    bool fits = operands.size() <= kind_.operands.size();
    for (std::size_t i = 0; i < kind_.required; ++i) fits = fits && operands.has(i);
    if (!fits) throw_operand_count(owner(), class_name(), kind_.required, kind_.operands.size());
    operands_ = std::move(operands);
  }
  Tensors compute(const Tensors& inputs) const override {
    std::vector<DType> dtypes;
    for (const Tensor& input : inputs) dtypes.push_back(input.dtype());
    const DType dtype = compute_dtype(dtypes);
    const DType common = operands_.common_dtype(dtypes, 0, kind_.typed);
    Tensors operands = operands_.joined(inputs);
    for (std::size_t i = 0; i < operands.size() && i < kind_.typed; ++i) {
      if (operands[i].defined()) operands[i] = ops::cast(operands[i], is_floating(dtype) ? dtype : common);
    }
    operands.resize(kind_.operands.size());
    return {ops::cast(kind_.compute(options_, operands), dtype)};
  }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    Shapes shapes = operands_.joined_shapes(input_shapes);
    shapes.resize(kind_.operands.size());
    return {kind_.shape(options_, shapes)};
  }
  DType compute_dtype(const std::vector<DType>& input_dtypes) const override {
    const DType common = operands_.common_dtype(input_dtypes, 0, kind_.typed);
    return kind_.dtype ? kind_.dtype(options_, common) : common;
  }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  OperandOperationKind<OptionsT> kind_;
  OptionsT options_;
  OperandList operands_;
};

template <class Options>
void add_operand_row(std::map<std::string, LayerFactory>& rows, const OperandOperationKind<Options>& kind,
                     const std::vector<const char*>& idle_keys = {}) {
  rows[std::string(kind.module) + ">" + kind.class_name] = operation_factory<Options>(
      [kind](Options options, const std::string& name) {
        return std::make_shared<OperandOperation<Options>>(kind, std::move(options), name);
      },
      idle_keys);
}

/// f(x), x being as float64 where its dtype is no float; the result has x's dtype.
template <class F>
Tensor through_floats(const Tensor& x, const F& f) {
  if (is_floating(x.dtype())) return f(x);
  return ops::cast(f(ops::cast(x, DType::float64)), x.dtype());
}

/// x, of which the result's element i is number indices[i] in row-major order. The result has the shape of
/// `indices` (int64).
Tensor elements_of(const Tensor& x, const Tensor& indices);

/// The number of elements, or kNone.
std::int64_t known_elements(const Shape& shape);

void add_choosing_operations(std::map<std::string, LayerFactory>& rows);
void add_image_operations(std::map<std::string, LayerFactory>& rows);
void add_matrix_operations(std::map<std::string, LayerFactory>& rows);
void add_neural_operations(std::map<std::string, LayerFactory>& rows);
void add_patch_operations(std::map<std::string, LayerFactory>& rows);
void add_value_operations(std::map<std::string, LayerFactory>& rows);

}  // namespace sepal
