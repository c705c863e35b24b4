#include "sepal/layers/core/input_layer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/naming.h"
#include "sepal/graph/node.h"
#include "sepal/layers/eager_mode.h"
#include "sepal/layers/registry.h"

namespace sepal {
namespace {

DType dtype_or_floatx(const std::string& name) { return name.empty() ? floatx() : dtype_from_name(name); }

Shape batch_shape_of(const InputOptions& options) {
  const bool has_shape = options.shape != kNotGiven;
  const bool has_batch_shape = options.batch_shape != kNotGiven;
  if (has_shape && has_batch_shape) {
    throw ValueError("You cannot pass both `shape` and `batch_shape` at the same time.");
  }
  if (!has_shape && !has_batch_shape) throw ValueError("You must pass a `shape` argument.");
  return has_batch_shape ? options.batch_shape : options.shape.with_front(options.batch_size);
}

}  // namespace

InputLayer::InputLayer(Options options)
    : Layer("InputLayer", {.name = options.name}),
      batch_shape_(batch_shape_of(options)),
      input_dtype_(dtype_or_floatx(options.dtype)) {
  expect_graph_mode("Input");
  set_supports_masking();
  set_built();
}

KerasTensor InputLayer::tensor() {
  if (calls().empty()) {
    return Node::record_call(shared_from_this(), {}, {{batch_shape_, input_dtype_, name()}}, false)[0];
  }
  const KerasTensor existing = outputs_of(calls()[0])[0];
  if (existing.node()) return existing;
  // Nothing held the first node any more: the input begins anew.
  return Node::record_call(shared_from_this(), {}, {{batch_shape_, input_dtype_, name()}}, false)[0];
}

Tensors InputLayer::call_all(const Tensors& inputs, const CallContext&) { return inputs; }

Shapes InputLayer::compute_output_shapes(const Shapes&) { return {batch_shape_}; }

Json InputLayer::get_config() const {
  return {{"batch_shape", shape_to_json(batch_shape_)},
          {"dtype", std::string(name_of(input_dtype_))},
          {"sparse", false},
          {"ragged", false},
          {"name", name()},
          {"optional", false}};
}

std::shared_ptr<Layer> InputLayer::from_config(const Json& config, const std::string& owner) {
  Options options;
  for (const char* key : {"batch_shape", "batch_input_shape"}) {
    if (const Json* shape = config_find(config, owner, key)) {
      options.batch_shape = shape_from_json(*shape, {owner, key});
      if (options.batch_shape.empty()) config_type_error({owner, key}, "a shape with a batch axis", *shape);
    }
  }
  if (const Json* shape = config_find(config, owner, "shape");
      shape != nullptr && options.batch_shape == kNotGiven) {
    options.shape = shape_from_json(*shape, {owner, "shape"});
  }
  if (const Json* name = config_find(config, owner, "name")) config_get(*name, {owner, "name"}, options.name);
  if (const Json* dtype = config_find(config, owner, "dtype"); dtype != nullptr && !dtype->is_null()) {
    config_get(*dtype, {owner, "dtype"}, options.dtype);
  }
  config_expect_only(config, owner,
                     {"batch_shape", "batch_input_shape", "shape", "name", "dtype", "sparse", "ragged",
                      "optional", "trainable"});
  expect_idle_keys(config, owner, {"sparse", "ragged", "optional"});
  return std::make_shared<InputLayer>(std::move(options));
}

KerasTensor Input(InputOptions options) { return std::make_shared<InputLayer>(std::move(options))->tensor(); }

}  // namespace sepal
