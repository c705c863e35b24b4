#include "sepal/layers/activation_function.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/layers/activations/leaky_relu.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/elementwise.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::expect_values;

Json written(const ActivationFunction& activation) {
  Json out;
  config_put(out, "activation", activation);
  return out["activation"];
}

ActivationFunction read(const Json& json) {
  ActivationFunction activation;
  config_get(json, {"layer 'l'", "activation"}, activation);
  return activation;
}

double value_at(const ActivationFunction& activation, double x) {
  return activation(Tensor::from({x}, {1})).item();
}

TEST(ActivationFunction, KnowsTheNamesOfKeras3) {
  const Tensor x = testing::varied({2, 4}, 1);
  for (const char* name :
       {"celu",        "elu",          "exponential", "gelu",           "glu",        "hard_shrink",
        "hard_silu",   "hard_sigmoid", "hard_tanh",   "leaky_relu",     "linear",     "log_sigmoid",
        "log_softmax", "mish",         "relu",        "relu6",          "selu",       "sigmoid",
        "silu",        "soft_shrink",  "softmax",     "softplus",       "softsign",   "sparse_plus",
        "sparsemax",   "squareplus",   "tanh",        "sparse_sigmoid", "tanh_shrink"}) {
    const ActivationFunction activation = name;
    EXPECT_EQ(activation.name(), name);
    EXPECT_EQ(written(activation), name);
    EXPECT_EQ(activation(x).rank(), 2) << name;
  }
  EXPECT_EQ(written("swish"), "silu");
  EXPECT_EQ(written("hard_swish"), "hard_silu");
}

TEST(ActivationFunction, N17_GivesTheValuesOfTheOracle) {
  EXPECT_NEAR(value_at("elu", -1), -.6321206, 1e-7);
  EXPECT_NEAR(value_at("selu", -1), -1.1113307, 1e-7);
  EXPECT_NEAR(value_at("softplus", 1), 1.3132617, 1e-7);
  EXPECT_NEAR(value_at("softsign", -2), -.6666667, 1e-7);
  EXPECT_NEAR(value_at("hard_sigmoid", 1), .6666667, 1e-7);
  EXPECT_NEAR(value_at("keras2_hard_sigmoid", 1), .7, 1e-12);
}

TEST(ActivationFunction, RefusesNamesWithoutAFunction) {
  expect_error<ValueError>([] { ActivationFunction("foo"); },
                           {"Could not interpret activation function identifier: foo"});
  expect_error<ValueError>([] { ActivationFunction("threshold"); }, {"`threshold`", "ops::threshold"});
  expect_error<ValueError>([] { read("foo"); }, {"layer 'l', field 'activation'", "foo"});
  expect_error<ValueError>([] { ActivationFunction("Other>foo"); }, {"Other>foo", "register_activation"});
  expect_error<ValueError>([] { read(5); }, {"field 'activation'", "5"});
}

TEST(ActivationFunction, KeepsTheOldHardSigmoidApartInFiles) {
  const Json json = written("keras2_hard_sigmoid");
  EXPECT_EQ(json.dump(),
            R"({"module":"builtins","class_name":"function","config":"sepal>keras2_hard_sigmoid",)"
            R"("registered_name":"function"})");
  EXPECT_NEAR(value_at(read(json), 1), .7, 1e-12);
  EXPECT_EQ(read(json).name(), "keras2_hard_sigmoid");
  testing::expect_gradients_match_finite_differences(
      [](const Tensors& in) { return ActivationFunction("keras2_hard_sigmoid")(in[0]); },
      {Tensor::from({-3.0, -2.0, 0.5, 2.0, 3.0}, {5})});
}

TEST(ActivationFunction, HardSigmoidHasTheMeaningOfTheChosenWriter) {
  const ActivationFunction keras3 = "hard_sigmoid";
  const CompatibilityScope scope(Compatibility::tf14);
  const ActivationFunction tf14 = "hard_sigmoid";
  EXPECT_NEAR(value_at(tf14, 1), .7, 1e-12);
  EXPECT_EQ(written(tf14), "hard_sigmoid");
  EXPECT_NEAR(value_at(read(written(tf14)), 1), .7, 1e-12);
  EXPECT_THROW(written(keras3), ValueError);
}

TEST(ActivationFunction, ReadsTheEnvelopesOfFunctions) {
  for (
      const char* text :
      {R"("relu")", R"({"class_name":"function","config":"relu"})",
       R"({"module":"keras.activations","class_name":"function","config":"relu","registered_name":"function"})",
       R"({"module":"builtins","class_name":"function","config":"relu","registered_name":"function"})",
       R"({"module":"keras.activations","class_name":"relu","config":{},"registered_name":null})"}) {
    EXPECT_EQ(read(Json::parse(text)).name(), "relu") << text;
  }
  EXPECT_TRUE(read(nullptr).is_linear());
}

TEST(ActivationFunction, TakesALayer) {
  const Ref<Layer> leaky = layers::LeakyReLU({.negative_slope = 0.25});
  const Json json = written(leaky);
  EXPECT_EQ(json["module"], "keras.layers");
  EXPECT_EQ(json["class_name"], "LeakyReLU");
  EXPECT_EQ(value_at(read(json), -4), -1);
}

Tensor doubled(const Tensor& x) { return ops::multiply(x, 2.0); }

TEST(ActivationFunction, TakesALambdaAndATypedLayerAsAnArgument) {
  struct Arguments {
    ActivationFunction activation = nullptr;
  };
  const Arguments lambda{.activation = [](const Tensor& x) { return ops::multiply(x, 3.0); }};
  EXPECT_EQ(value_at(lambda.activation, 2), 6);
  EXPECT_FALSE(lambda.activation.layer());
  const Arguments layer{.activation = layers::LeakyReLU({.negative_slope = 0.25})};
  EXPECT_EQ(value_at(layer.activation, -4), -1);
  EXPECT_EQ(layer.activation.layer()->class_name(), "LeakyReLU");
}

TEST(ActivationFunction, SavesOneOfTheUsersUnderItsRegisteredName) {
  EXPECT_THROW(written(ActivationFunction(doubled)), ValueError);
  register_activation("doubled", doubled);
  const Json json = written("doubled");
  EXPECT_EQ(json.dump(), R"({"module":"builtins","class_name":"function","config":"Custom>doubled",)"
                         R"("registered_name":"function"})");
  EXPECT_EQ(value_at(read(json), 3), 6);
  EXPECT_EQ(read(json).name(), "doubled");
  const CompatibilityScope scope(Compatibility::tf14);
  EXPECT_EQ(written("doubled"), "doubled");
}

}  // namespace
}  // namespace sepal
