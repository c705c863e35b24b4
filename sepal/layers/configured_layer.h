// ConfiguredLayer: a layer whose arguments are an Options struct; its config is written and read by
// Options::visit.
#pragma once

#include <string>
#include <utility>

#include "sepal/layers/layer.h"

namespace sepal {

template <class OptionsT>
class ConfiguredLayer : public Layer {
 public:
  using Options = OptionsT;

  /// The arguments as they were understood: tuples completed, names in lower case.
  const Options& options() const { return options_; }

 protected:
  ConfiguredLayer(std::string class_name, Options options)
      : Layer(std::move(class_name), arguments_of(options)), options_(std::move(options)) {}

  void put_config(Json& config) const override {
    if constexpr (requires { options_.activity_regularizer; }) {
      Options current = options_;
      current.activity_regularizer = activity_regularizer();
      write_options(config, current);
    } else {
      write_options(config, options_);
    }
  }

  Options options_;

 private:
  static LayerArguments arguments_of(const Options& options) {
    LayerArguments arguments{.name = options.name, .trainable = options.trainable, .dtype = options.dtype};
    if constexpr (requires { options.activity_regularizer; }) {
      arguments.activity_regularizer = options.activity_regularizer;
    }
    return arguments;
  }
};

}  // namespace sepal
