// Every layer against values that Keras 3.15 computed: outputs, gradients, losses, constraints, state after
// the call, output shapes and configs. Each case runs in float64, near the rounding of double, and in
// float32, within a bound that follows from the values and from Keras's own float32 error.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/layers/attention/causal_attention.h"
#include "sepal/layers/registry.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "tests/support/npz.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

const std::string kLayersFolder = std::string(SEPAL_SOURCE_DIR) + "/tests/golden/layers/";

struct GoldenCase {
  std::string group;
  Json description;
};

std::vector<GoldenCase> read_cases() {
  std::vector<GoldenCase> cases;
  for (const char* group : {"act",  "actl",  "adaptive", "attention", "bn",     "category", "ct2d", "cv1d",
                            "cv2d", "dense", "dw1d",     "dw2d",      "einsum", "merge",    "misc", "more",
                            "norm", "pool",  "renorm",   "sc1d",      "sc2d",   "shape"}) {
    std::ifstream file(kLayersFolder + group + "/cases.json");
    const Json content = Json::parse(file);
    for (const Json& description : content["cases"]) {
      if (is_registered_layer(description["class"])) cases.push_back({group, description});
    }
  }
  return cases;
}

void set_layer_dtype(Json& config, const char* dtype) {
  if (config.is_object()) {
    if (config.contains("class_name") && config["class_name"] == "DTypePolicy")
      config["config"]["name"] = dtype;
    // SpatialDropout writes the bare name.
    if (config.contains("dtype") && config["dtype"].is_string()) config["dtype"] = dtype;
    for (auto& [key, value] : config.items()) set_layer_dtype(value, dtype);
  }
}

class GoldenLayer : public ::testing::TestWithParam<GoldenCase> {
 protected:
  void run(DType dtype) {
    const Json& description = GetParam().description;
    arrays_ = testing::read_npz(kLayersFolder + GetParam().group + "/" + std::string(description["file"]));
    dtype_ = dtype;
    Json envelope = description["config"];
    set_layer_dtype(envelope["config"], std::string(name_of(dtype)).c_str());
    const std::shared_ptr<Layer> layer = layer_from_envelope(envelope, "case");

    Tensors inputs;
    Shapes shapes;
    Shapes without_batch;
    for (std::size_t i = 0; i < description["input_shapes"].size(); ++i) {
      inputs.push_back(array("x", i));
      shapes.push_back(inputs.back().shape());
      without_batch.push_back(inputs.back().shape());
      without_batch.back()[0] = kNone;
    }
    if (description.value("use_causal_mask", false))
      dynamic_cast<CausalAttention&>(*layer).set_use_causal_mask(true);
    layer->build_for(shapes);
    expect_weights(*layer, description["weights"]);
    Tensors values;
    for (std::size_t i = 0; i < description["weights"].size(); ++i) values.push_back(array("w", i));
    layer->set_weights(values);
    // Keras answers the input's shape for every Activation, also for glu, which halves the last axis.
    if (description["config"]["config"].value("activation", Json()) != "glu") {
      expect_output_shape(layer->output_shapes_for(without_batch), description["compute_output_shape"]);
    }

    GradientTape tape({.persistent = true});
    for (const Tensor& input : inputs) tape.watch(input);
    const std::vector<Variable> trainable = layer->trainable_weights();
    Tensors sources = inputs;
    for (const Variable& variable : trainable) sources.push_back(variable.value());
    const bool training = description["training"].is_boolean() && description["training"].get<bool>();
    const Tensors outputs = (*layer)(inputs, {.training = training});
    Tensor total = Tensor::scalar(0.0, dtype);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      expect_array("y", i, outputs[i]);
      total = ops::add(total, ops::sum(ops::multiply(outputs[i], array("r", i))));
    }
    const Tensors gradients = tape.gradient(total, sources);
    for (std::size_t i = 0; i < inputs.size(); ++i) expect_array("gx", i, gradients[i]);
    expect_weight_arrays("gw", *layer, trainable, gradients, inputs.size());

    expect_losses(*layer, tape, sources, trainable, inputs.size());
    const std::vector<Variable> weights = layer->weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i].constraint() && has("cw", i))
        expect_array("cw", i, weights[i].constraint()(array("w", i)));
      if (has("after", i)) expect_array("after", i, weights[i].value());
    }
    // What is written is what was read.
    EXPECT_EQ(nlohmann::json(layer->get_config()), nlohmann::json(envelope["config"]));
  }

 private:
  bool has(const char* kind, std::size_t i) const { return arrays_.contains(fmt::format("{}{}", kind, i)); }
  Tensor array(const char* kind, std::size_t i) const {
    return arrays_.at(fmt::format("{}{}", kind, i)).astype(dtype_);
  }

  void expect_array(const char* kind, std::size_t i, const Tensor& got) const {
    const std::string name = fmt::format("{}{}", kind, i);
    ASSERT_TRUE(arrays_.contains(name)) << name;
    expect_near(got, arrays_.at(name), name);
  }

  void expect_near(const Tensor& got, const Tensor& want, const std::string& name) const {
    const Json& description = GetParam().description;
    double largest = 0.0;
    for (std::int64_t i = 0; i < want.num_elements(); ++i) largest = std::max(largest, std::abs(want.at(i)));
    double relative = 0.0;
    double absolute = 0.0;
    if (dtype_ == DType::float64) {
      // Keras rounds the constants of its formulas (a regularizer's factor, a slope, 1/sqrt(2)) to float32
      // even there.
      relative = has_rounded_constants(name) ? 1e-7 : 1e-11;
      absolute = std::max(1e-12, has_rounded_constants(name) ? 1e-7 * largest : 1e-12 * largest);
    } else if (!description["exact"].get<bool>()) {
      const Json& errors = description["keras_f32_error"];
      const double keras_error = errors.contains(name) ? errors[name].get<double>() : 0.0;
      relative = 1e-5;
      absolute = std::max(2e-6 * largest, 8 * keras_error);
    } else {
      // Whole numbers: exact, but for the losses and constraints, which divide.
      const bool is_exact_kind = name[0] == 'y' || name.starts_with("gx") || name.starts_with("gw");
      relative = is_exact_kind ? 0.0 : 1e-5;
      absolute = is_exact_kind ? 0.0 : 2e-6 * largest;
    }
    SCOPED_TRACE(name);
    testing::expect_close(got.astype(DType::float64), want.astype(DType::float64), relative, absolute);
  }

  static bool has_rounded_constants(const std::string& array) {
    if (array == "losses" || array.starts_with("gl")) return true;
    const Json& description = GetParam().description;
    const Json& config = description["config"]["config"];
    if (description["class"] == "Rescaling" || description["class"] == "LeakyReLU") return true;
    if (description["class"] == "MultiHeadAttention") return true;
    // TensorFlow resizes in float32, whatever the dtype.
    if (config.contains("interpolation") && config["interpolation"] == "bilinear") return true;
    if (!config.contains("activation")) return false;
    const Json& activation = config["activation"];
    return activation.is_object() || activation == "gelu" || activation == "leaky_relu";
  }

  static void expect_weights(const Layer& layer, const Json& wanted) {
    const std::vector<Variable> weights = layer.weights();
    ASSERT_EQ(weights.size(), wanted.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(weights[i].name(), wanted[i]["name"].get<std::string>());
      EXPECT_EQ(weights[i].shape().dims(), wanted[i]["shape"].get<std::vector<std::int64_t>>());
      EXPECT_EQ(weights[i].trainable(), wanted[i]["trainable"].get<bool>());
    }
  }

  static void expect_output_shape(const Shapes& got, const Json& wanted) {
    const bool several = !wanted.empty() && wanted[0].is_array();
    for (std::size_t i = 0; i < got.size(); ++i) {
      const Json& shape = several ? wanted[i] : wanted;
      ASSERT_EQ(static_cast<std::size_t>(got[i].rank()), shape.size());
      for (int k = 0; k < got[i].rank(); ++k) {
        const Json& dim = shape[static_cast<std::size_t>(k)];
        EXPECT_EQ(got[i][k], dim.is_null() ? kNone : dim.get<std::int64_t>());
      }
    }
  }

  // Arrays of weights are numbered as `weights`, gradients only exist for the trainable ones.
  void expect_weight_arrays(const char* kind, const Layer& layer, const std::vector<Variable>& trainable,
                            const Tensors& gradients, std::size_t offset) const {
    const std::vector<Variable> weights = layer.weights();
    for (std::size_t i = 0; i < trainable.size(); ++i) {
      const auto at = std::find(weights.begin(), weights.end(), trainable[i]) - weights.begin();
      if (has(kind, static_cast<std::size_t>(at))) {
        expect_array(kind, static_cast<std::size_t>(at), gradients[offset + i]);
      }
    }
  }

  void expect_losses(const Layer& layer, GradientTape& tape, const Tensors& sources,
                     const std::vector<Variable>& trainable, std::size_t offset) const {
    // Keras lists what the call made first, Sepal what the weights' regularizers make, as the founding page.
    Tensors losses = layer.losses();
    const auto of_weights = static_cast<std::ptrdiff_t>(layer.regularization_losses().size());
    std::rotate(losses.begin(), losses.begin() + of_weights, losses.end());
    if (!arrays_.contains("losses")) {
      EXPECT_TRUE(losses.empty());
      return;
    }
    const Tensor& wanted = arrays_.at("losses");
    ASSERT_EQ(static_cast<std::int64_t>(losses.size()), wanted.num_elements());
    Tensor total = Tensor::scalar(0.0, dtype_);
    Tensor all(wanted.shape(), DType::float64);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      all.mutable_data<double>()[i] = losses[i].item();
      total = ops::add(total, losses[i]);
    }
    expect_near(all, wanted, "losses");
    expect_weight_arrays("gl", layer, trainable, tape.gradient(total, sources), offset);
  }

  std::map<std::string, Tensor> arrays_;
  DType dtype_ = DType::float64;
};

TEST_P(GoldenLayer, AgreesWithKerasInFloat64) { run(DType::float64); }
TEST_P(GoldenLayer, AgreesWithKerasInFloat32) { run(DType::float32); }

INSTANTIATE_TEST_SUITE_P(Keras315, GoldenLayer, ::testing::ValuesIn(read_cases()),
                         [](const auto& info) { return std::string(info.param.description["id"]); });

// A class that drops out of the registry would otherwise only make the list above shorter.
TEST(GoldenLayers, CoverEveryLayerOfTheRegistryThatKerasValuesExistFor) {
  EXPECT_GE(read_cases().size(), 450U);
}

}  // namespace
}  // namespace sepal
