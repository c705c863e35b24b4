// The registry: class names in files -> layers. The built-in rows are in layers/builtin.cpp; a user adds his
// own:
//
//   register_layer<MyLayer>("MyLayer");
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sepal/layers/layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// Makes a layer from the arguments in a config. `owner` names the layer in messages: "layer 'conv'".
using LayerFactory = std::function<std::shared_ptr<Layer>(const Json& config, const std::string& owner)>;

/// A later registration of the same name replaces the earlier one.
void register_layer(const std::string& class_name, LayerFactory factory);

/// @throws TypeError if a key is not understood or a required one missing; ValueError for a value that the
/// argument does not take, and for a class that is not known.
std::shared_ptr<Layer> layer_from_config(const std::string& class_name, const Json& config);

/// From the envelope {"class_name": …, "config": {…}}.
std::shared_ptr<Layer> layer_from_envelope(const Json& envelope, const std::string& owner);

/// How messages call the layer of a config: "layer 'conv'", or `nameless` if it has no name.
std::string owner_of_config(const Json& config, const std::string& nameless = "layer");

bool is_registered_layer(const std::string& class_name);
/// In alphabetical order.
std::vector<std::string> registered_layers();

/// Keys that newer or older writers add and that mean nothing as long as they are null, false, zero or empty.
/// @throws UnimplementedError naming the key if it says more than that.
void expect_idle_keys(const Json& config, const std::string& owner, const std::vector<const char*>& keys);

/// @throws ValueError if the config gives its layer an empty name.
void expect_no_empty_name(const Json& config, const std::string& owner);

/// A layer with an Options struct; `idle_keys` as in expect_idle_keys.
template <class L>
std::shared_ptr<Layer> configured_layer_from(const Json& config, const std::string& owner,
                                             const std::vector<const char*>& idle_keys = {}) {
  typename L::Options options;
  ConfigReader reader(config, owner);
  expect_no_empty_name(config, owner);
  reader("name", options.name);
  reader("trainable", options.trainable);
  reader("dtype", options.dtype);
  L::Options::visit(options, reader);
  reader.ignore(idle_keys);
  // Keras writes it for every layer that has one.
  Regularizer activity_regularizer;
  reader("activity_regularizer", activity_regularizer);
  if constexpr (requires { options.activity_regularizer; })
    options.activity_regularizer = activity_regularizer;
  if constexpr (requires { L::Options::kRequired; }) reader.expect_given(L::Options::kRequired);
  reader.expect_all_used();
  expect_idle_keys(config, owner, idle_keys);
  if constexpr (requires { options.allow_strides_with_dilation; }) options.allow_strides_with_dilation = true;
  auto layer = std::make_shared<L>(std::move(options));
  if (activity_regularizer) layer->set_activity_regularizer(std::move(activity_regularizer));
  return layer;
}

template <class L>
Ref<L> Ref<L>::from_config(const Json& config) {
  return Ref(std::static_pointer_cast<L>(configured_layer_from<L>(config, owner_of_config(config))));
}

template <class L>
void register_layer(const std::string& class_name) {
  register_layer(class_name, [](const Json& config, const std::string& owner) {
    return configured_layer_from<L>(config, owner);
  });
}

}  // namespace sepal
