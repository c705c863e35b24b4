// What layers do under each policy of dtypes. Numbers are those of Keras 3.15 on TensorFlow.
#include "sepal/layers/dtype_policy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/base/naming.h"
#include "sepal/layers/layers.h"
#include "sepal/layers/registry.h"
#include "sepal/models/model.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::expect_values;

struct PolicyCase {
  const char* name;
  DType compute;
  DType variable;
};

constexpr PolicyCase kPolicies[] = {
    {"float16", DType::float16, DType::float16},       {"bfloat16", DType::bfloat16, DType::bfloat16},
    {"mixed_float16", DType::float16, DType::float32}, {"mixed_bfloat16", DType::bfloat16, DType::float32},
    {"float32", DType::float32, DType::float32},       {"float64", DType::float64, DType::float64},
};

// One unit in the last place of a number near 1.
double ulp(DType dtype) { return dtype == DType::float16 ? 0x1p-10 : 0x1p-7; }

Tensor numbers(const std::vector<double>& values, const Shape& shape) {
  return Tensor::from(values, shape).astype(DType::float32);
}

// 0.37 i - 0.9, (2, 3).
Tensor input() { return numbers({-0.9, -0.53, -0.16, 0.21, 0.58, 0.95}, {2, 3}); }

TEST(DTypePolicy, NamesTheDtypesOfComputationAndVariables) {
  for (const PolicyCase& c : kPolicies) {
    const layers::Dense layer({.units = 2, .dtype = c.name});
    EXPECT_EQ(layer->compute_dtype(), c.compute);
    EXPECT_EQ(layer->variable_dtype(), c.variable);
    EXPECT_EQ(layer->dtype(), c.variable);
    EXPECT_EQ(layer->dtype_policy(), DTypePolicy(c.name));
    const Tensor y = layer(input());
    EXPECT_EQ(y.dtype(), c.compute);
    EXPECT_EQ(layer(Input({.shape = {3}})).dtype(), c.compute);
    for (const Variable& weight : layer->weights()) EXPECT_EQ(weight.dtype(), c.variable);
    const std::shared_ptr<Layer> again = layer_from_config("Dense", layer->get_config());
    EXPECT_EQ(again->dtype_policy(), DTypePolicy(c.name));
  }
}

TEST(DTypePolicy, IsReadInEveryForm) {
  for (const char* text :
       {R"("mixed_bfloat16")",
        R"({"class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}, "module": "keras"})",
        R"({"class_name": "FloatDTypePolicy", "config": {"name": "mixed_bfloat16"}})",
        R"({"class_name": "Policy", "config": {"name": "mixed_bfloat16"}})"}) {
    Json config = layers::ReLU()->get_config();
    config["dtype"] = Json::parse(text);
    EXPECT_EQ(layer_from_config("ReLU", config)->compute_dtype(), DType::bfloat16) << text;
  }
}

TEST(DTypePolicy, RefusesNamesThatAreNone) {
  expect_error<ValueError>([] { layers::Dense({.units = 2, .dtype = "float8"}); },
                           {"float8", "mixed_float16"});
  expect_error<UnimplementedError>([] { layers::Dense({.units = 2, .dtype = "int32"}); }, {"int32"});
  expect_error<ValueError>([] { set_dtype_policy("mixed_float32"); }, {"mixed_float32"});
}

TEST(DTypePolicy, OfTheProcessGoesToLayersWithoutOne) {
  EXPECT_EQ(dtype_policy(), DTypePolicy("float32"));
  set_dtype_policy("mixed_bfloat16");
  const layers::Dense layer({.units = 2});
  EXPECT_EQ(layer->dtype_policy(), DTypePolicy("mixed_bfloat16"));
  EXPECT_EQ(layer->get_config()["dtype"]["config"]["name"], "mixed_bfloat16");
  EXPECT_EQ(layers::Dense({.units = 2, .dtype = "float32"})->compute_dtype(), DType::float32);
  EXPECT_EQ(Input({.shape = {3}}).dtype(), DType::float32);
  const Sequential model({layers::Dense({.units = 2}, {.input_shape = {{4}}})});
  EXPECT_EQ(model->inputs()[0].dtype(), DType::bfloat16);
  set_floatx(DType::float64);
  EXPECT_EQ(dtype_policy(), DTypePolicy("mixed_bfloat16"));
  clear_session();
  EXPECT_EQ(dtype_policy(), DTypePolicy("float64"));
  set_floatx(DType::float32);
}

// Says in which dtypes `call` sees its input and its variables.
class Witness : public Layer {
 public:
  explicit Witness(LayerArguments arguments = {}) : Layer("Witness", std::move(arguments)) {}
  std::vector<DType> seen;

 protected:
  void build(const Shape&) override {
    cast_ = add_weight({.shape = {}, .initializer = "ones", .name = "cast"});
    kept_ = add_weight({.shape = {}, .initializer = "ones", .name = "kept", .autocast = false});
    whole_ = add_weight(
        {.shape = {}, .initializer = "ones", .trainable = false, .name = "whole", .dtype = DType::int32});
  }
  Tensor call(const Tensor& x, const CallContext&) override {
    seen = {x.dtype(), cast_.value().dtype(), kept_.value().dtype(), whole_.value().dtype()};
    return x;
  }

 private:
  Variable cast_, kept_, whole_;
};

using DTypes = std::vector<DType>;

TEST(Autocast, CastsFloatsAndNothingElse) {
  for (const PolicyCase& c : kPolicies) {
    const Ref<Witness> witness(std::make_shared<Witness>(LayerArguments{.dtype = c.name}));
    (void)witness(input());
    EXPECT_EQ(witness->seen, (DTypes{c.compute, c.compute, c.variable, DType::int32})) << c.name;
    (void)witness(Tensor::ones({2, 3}, DType::int32));
    EXPECT_EQ(witness->seen, (DTypes{DType::int32, c.compute, c.variable, DType::int32})) << c.name;
    EXPECT_EQ(witness->weights()[0].value().dtype(), c.variable);
  }
}

// Calls another layer.
class Around : public Layer {
 public:
  Around(Ref<Witness> inner, const char* policy)
      : Layer("Around", {.dtype = policy}), inner_(std::move(inner)) {}
  std::vector<std::shared_ptr<Layer>> sublayers() const override { return {inner_.shared()}; }

 protected:
  Tensor call(const Tensor& x, const CallContext& context) override {
    return inner_->call_within({x}, context)[0];
  }

 private:
  Ref<Witness> inner_;
};

TEST(Autocast, IsEachLayersOwn) {
  const Ref<Witness> full(std::make_shared<Witness>(LayerArguments{.dtype = "float32"}));
  (void)Ref<Around>(std::make_shared<Around>(full, "mixed_float16"))(input());
  EXPECT_EQ(full->seen, (DTypes{DType::float32, DType::float32, DType::float32, DType::int32}));
  const Ref<Witness> mixed(std::make_shared<Witness>(LayerArguments{.dtype = "mixed_bfloat16"}));
  (void)Ref<Around>(std::make_shared<Around>(mixed, "mixed_float16"))(input());
  EXPECT_EQ(mixed->seen, (DTypes{DType::bfloat16, DType::bfloat16, DType::float32, DType::int32}));
}

TEST(Autocast, CanBeLeftOut) {
  const Ref<Witness> witness(
      std::make_shared<Witness>(LayerArguments{.dtype = "mixed_float16", .autocast = false}));
  EXPECT_FALSE(witness->autocast());
  // As in Keras the variables are cast nevertheless, unless the layer is called by one that opened a scope.
  (void)witness(input());
  EXPECT_EQ(witness->seen, (DTypes{DType::float32, DType::float16, DType::float32, DType::int32}));
  (void)Ref<Around>(std::make_shared<Around>(witness, "mixed_float16"))(input());
  EXPECT_EQ(witness->seen, (DTypes{DType::float16, DType::float32, DType::float32, DType::int32}));
}

struct DenseCase {
  PolicyCase policy;
  std::vector<double> y, dx, dkernel, dbias;
  double penalty;
};

TEST(Autocast, DenseComputesAndLearnsAsInKeras) {
  const std::vector<double> y16 = {0.491455078125, -0.09552001953125, 0.26513671875, 0.324951171875};
  const std::vector<double> dx16 = {-0.66650390625, 0.068115234375,    0.802734375,
                                    -0.72412109375, 0.041900634765625, 0.80810546875};
  const std::vector<double> dk16 = {-0.4873046875,        -0.70361328125, 0.1375732421875,
                                    -0.00597381591796875, 0.76220703125,  0.69140625};
  const std::vector<double> yb16 = {0.4921875, -0.09716796875, 0.265625, 0.328125};
  const std::vector<double> dxb16 = {-0.6640625,  0.068359375,    0.8046875,
                                     -0.72265625, 0.041259765625, 0.8046875};
  const std::vector<double> dkb16 = {-0.486328125,   -0.703125,  0.134765625,
                                     -0.01220703125, 0.76171875, 0.6875};
  const std::vector<DenseCase> cases = {
      {kPolicies[0], y16, dx16, dk16, {1.6875, 1.884765625}, 0.0775146484375},
      {kPolicies[1], yb16, dxb16, dkb16, {1.6875, 1.8828125}, 0.07763671875},
      {kPolicies[2], y16, dx16, dk16, {1.6875, 1.884765625}, 0.0775500014424324},
      {kPolicies[3], yb16, dxb16, dkb16, {1.6875, 1.8828125}, 0.0775500014424324},
  };
  for (const DenseCase& c : cases) {
    SCOPED_TRACE(c.policy.name);
    const layers::Dense layer({.units = 2,
                               .activation = "tanh",
                               .kernel_regularizer = regularizers::L2({.l2 = 0.1}),
                               .dtype = c.policy.name});
    layer->build_for({2, 3});
    layer->set_weights({numbers({-0.5, -0.29, -0.08, 0.13, 0.34, 0.55}, {3, 2}), numbers({0.1, -0.2}, {2})});
    const Tensor x = input();
    GradientTape tape;
    tape.watch(x);
    const Tensor y = layer(x);
    const Tensor total = ops::sum(ops::cast(y, DType::float32));
    const Tensors g = tape.gradient(total, {x, layer->weights()[0].value(), layer->weights()[1].value()});
    ASSERT_EQ(y.dtype(), c.policy.compute);
    EXPECT_EQ(g[0].dtype(), DType::float32);
    for (int i = 1; i < 3; ++i) EXPECT_EQ(g[static_cast<std::size_t>(i)].dtype(), c.policy.variable);
    // Keras rounds the product, the sum with the bias and the activation; here the first two are one step.
    const double tolerance = 2 * ulp(c.policy.compute);
    expect_values(y, {2, 2}, c.y, 0, tolerance);
    expect_values(g[0], {2, 3}, c.dx, 0, tolerance);
    expect_values(g[1], {3, 2}, c.dkernel, 0, tolerance);
    expect_values(g[2], {2}, c.dbias, 0, 2 * tolerance);
    const Tensor penalty = layer->losses().at(0);
    EXPECT_EQ(penalty.dtype(), c.policy.variable);
    EXPECT_NEAR(penalty.item(), c.penalty, c.policy.variable == DType::float32 ? 1e-7 : 0.1 * tolerance);
  }
}

struct NormalizationCase {
  PolicyCase policy;
  std::vector<double> training, inference, mean, variance, layer_normalization;
};

TEST(Autocast, NormalizationsComputeInFloat32) {
  const std::vector<NormalizationCase> cases = {
      {kPolicies[0],
       {-0.998046875, -1.0986328125, -0.99755859375, 1.1982421875, 0.69873046875, 1.59765625},
       {-0.84619140625, -0.8681640625, 0.048583984375, 0.3876953125, 0.34521484375, 1.5673828125},
       {-0.04876708984375, 0.081298828125, 0.0237884521484375},
       {0.97705078125, 0.6767578125, 0.90185546875},
       {-1.2392578125, -0.199951171875, 1.8837890625, -1.2392578125, -0.199951171875, 1.8837890625}},
      {kPolicies[1],
       {-1.0, -1.09375, -0.9921875, 1.203125, 0.6953125, 1.59375},
       {-0.84375, -0.8671875, 0.050048828125, 0.38671875, 0.341796875, 1.5625},
       {-0.048583984375, 0.0810546875, 0.0235595703125},
       {0.98046875, 0.67578125, 0.90234375},
       {-1.2421875, -0.2001953125, 1.8828125, -1.2421875, -0.2001953125, 1.8828125}},
      {kPolicies[2],
       {-0.998046875, -1.0986328125, -0.998046875, 1.1982421875, 0.69873046875, 1.59765625},
       {-0.8466796875, -0.86767578125, 0.048553466796875, 0.3876953125, 0.34521484375, 1.5673828125},
       {-0.04874267429113388, 0.08128662407398224, 0.02377013862133026},
       {0.9769873023033142, 0.6769872903823853, 0.9020381569862366},
       {-1.240234375, -0.199951171875, 1.8837890625, -1.240234375, -0.199951171875, 1.8837890625}},
      {kPolicies[3],
       {-1.0, -1.1015625, -0.99609375, 1.1953125, 0.69921875, 1.6015625},
       {-0.84375, -0.8671875, 0.048583984375, 0.38671875, 0.34375, 1.5625},
       {-0.04855956882238388, 0.08085937798023224, 0.02363280951976776},
       {0.9767842292785645, 0.6769195795059204, 0.9019196033477783},
       {-1.2421875, -0.2001953125, 1.8828125, -1.2421875, -0.2001953125, 1.8828125}},
  };
  const Tensor gamma = numbers({1.1, 0.9, 1.3}, {3});
  const Tensor beta = numbers({0.1, -0.2, 0.3}, {3});
  for (const NormalizationCase& c : cases) {
    SCOPED_TRACE(c.policy.name);
    const layers::BatchNormalization batch({.momentum = 0.75, .dtype = c.policy.name});
    batch->build_for({2, 3});
    batch->set_weights({gamma, beta, numbers({0.05, 0.1, -0.1}, {3}), numbers({1.2, 0.8, 1.1}, {3})});
    const Tensor y = batch(input(), {.training = true});
    ASSERT_EQ(y.dtype(), c.policy.compute);
    const double tolerance = ulp(c.policy.compute);
    expect_values(y, {2, 3}, c.training, 0, tolerance);
    const bool is_mixed = c.policy.variable == DType::float32;
    expect_values(batch->weights()[2].value(), {3}, c.mean, is_mixed ? 1e-6 : ulp(c.policy.variable), 0);
    expect_values(batch->weights()[3].value(), {3}, c.variance, is_mixed ? 1e-6 : ulp(c.policy.variable), 0);
    expect_values(batch(input()), {2, 3}, c.inference, 0, tolerance);

    const layers::LayerNormalization layer({.dtype = c.policy.name});
    layer->build_for({2, 3});
    layer->set_weights({gamma, beta});
    EXPECT_EQ(layer(input()).dtype(), c.policy.compute);
    expect_values(layer(input()), {2, 3}, c.layer_normalization, 0, tolerance);
  }
}

TEST(Autocast, EmbeddingRoundsTheRowsItTakes) {
  for (const PolicyCase& c : kPolicies) {
    const layers::Embedding layer({.input_dim = 3, .output_dim = 2, .dtype = c.name});
    layer->build_for({2});
    const Tensor table = numbers({-0.5, -0.29, -0.08, 0.13, 0.34, 0.55}, {3, 2});
    layer->set_weights({table});
    const Tensor rows = layer(Tensor::from<std::int32_t>({2, 0}, {2}));
    testing::expect_same_bits(rows, numbers({0.34, 0.55, -0.5, -0.29}, {2, 2}).astype(c.compute));
  }
}

TEST(Autocast, DropoutDrawsInTheComputeDtype) {
  const layers::Dropout layer({.rate = 0.25, .seed = 3, .dtype = "mixed_float16"});
  const Tensor y = layer(Tensor::ones({200}), {.training = true});
  ASSERT_EQ(y.dtype(), DType::float16);
  int kept = 0;
  for (std::int64_t i = 0; i < 200; ++i) {
    // 4 / 3 in float16.
    ASSERT_TRUE(y.at(i) == 0.0 || y.at(i) == 1.3330078125) << y.at(i);
    kept += y.at(i) != 0.0 ? 1 : 0;
  }
  EXPECT_GT(kept, 100);
  EXPECT_LT(kept, 200);
}

}  // namespace
}  // namespace sepal
