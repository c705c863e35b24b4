// ArrayOperation: an operation on one tensor or a list of tensors, with arguments of its own in the config
// (Mean, Reshape, Concatenate, … of keras.src.ops.numpy). The rows are in the *_operations.cpp files.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sepal/layers/image_data_format.h"
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
  const char* module = keras_modules::kNumpy;
  /// Of the result, given the (common) one of the input; nullptr: the same.
  DType (*dtype)(const OptionsT& options, DType input) = nullptr;
};

/// Options are those in the config besides the name.
template <class OptionsT>
class ArrayOperation : public OperationLayer {
 public:
  ArrayOperation(const ArrayOperationKind<OptionsT>& kind, OptionsT options, const std::string& name = {})
      : OperationLayer(kind.module, kind.class_name, name), kind_(kind), options_(std::move(options)) {}

 protected:
  void read_arguments(const Json& args) override { expect_tensors_only(args, kind_.takes_list); }
  Tensors compute(const Tensors& inputs) const override { return {kind_.compute(options_, inputs)}; }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    return {kind_.shape(options_, input_shapes)};
  }
  DType compute_dtype(const std::vector<DType>& input_dtypes) const override {
    const DType input = OperationLayer::compute_dtype(input_dtypes);
    return kind_.dtype ? kind_.dtype(options_, input) : input;
  }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  ArrayOperationKind<OptionsT> kind_;
  OptionsT options_;
};

/// Reads name and options of an operation O from its config; `idle_keys` as in expect_idle_keys.
template <class Options, class Make>
LayerFactory operation_factory(Make make, const std::vector<const char*>& idle_keys = {}) {
  return [make, idle_keys](const Json& config, const std::string& owner) -> std::shared_ptr<Layer> {
    std::string name;
    Options options;
    ConfigReader reader(config, owner);
    reader("name", name);
    Options::visit(options, reader);
    reader.ignore(idle_keys);
    reader.expect_all_used();
    expect_idle_keys(config, owner, idle_keys);
    return make(std::move(options), name);
  };
}

template <class Options>
void add_row(std::map<std::string, LayerFactory>& rows, const ArrayOperationKind<Options>& kind,
             const std::vector<const char*>& idle_keys = {}) {
  rows[std::string(kind.module) + ">" + kind.class_name] = operation_factory<Options>(
      [kind](Options options, const std::string& name) {
        return std::make_shared<ArrayOperation<Options>>(kind, std::move(options), name);
      },
      idle_keys);
}

struct NoOptions {
  template <class Self, class Visitor>
  static void visit(Self&, Visitor&) {}
};

struct AxisOptions {
  std::int64_t axis = -1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

struct OptionalAxisOptions {
  std::optional<std::int64_t> axis = {};  // None: all elements in a row
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

struct AxesOptions {
  IntTuple axis = -1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

struct OptionalAxesOptions {
  std::optional<IntTuple> axis = {};  // None: all that are meant
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

struct ReductionOptions {
  std::optional<IntTuple> axis = {};  // None: all axes
  bool keepdims = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("keepdims", o.keepdims);
  }
};

/// A dtype's name; empty: None.
struct DTypeName {
  std::string name = {};
  /// @throws ValueError if there is no dtype of this name.
  DType or_else(DType dtype) const { return name.empty() ? dtype : dtype_from_name(name); }
};

void config_put(Json& out, const char* key, const DTypeName& dtype);
void config_get(const Json& in, const ConfigField& field, DTypeName& dtype);

struct OptionalDTypeOptions {
  DTypeName dtype = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("dtype", o.dtype);
  }
};

/// A data format's name; empty: None, Keras's default.
struct DataFormatName {
  std::string name = {};
  std::string standardized() const { return standardize_data_format(name); }
  bool channels_first() const { return standardized() == "channels_first"; }
};

void config_put(Json& out, const char* key, const DataFormatName& format);
void config_get(const Json& in, const ConfigField& field, DataFormatName& format);

template <class Options>
Shape same_shape(const Options&, const Shapes& input_shapes) {
  return input_shapes.at(0);
}

/// A float dtype: the input's, or floatx.
template <class Options>
DType float_dtype(const Options&, DType input) {
  return is_floating(input) ? input : floatx();
}

/// The common dtype of a list, to which its tensors are cast.
Tensors in_common_dtype(const Tensors& tensors);

// Rows of the registry, "module>Class".
void add_activation_operations(std::map<std::string, LayerFactory>& rows);
void add_contraction_operations(std::map<std::string, LayerFactory>& rows);
void add_moving_operations(std::map<std::string, LayerFactory>& rows);
void add_ordering_operations(std::map<std::string, LayerFactory>& rows);
void add_reducing_operations(std::map<std::string, LayerFactory>& rows);
void add_splitting_operations(std::map<std::string, LayerFactory>& rows);
void add_window_operations(std::map<std::string, LayerFactory>& rows);

}  // namespace sepal
