#include "sepal/ops/crossentropy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::error_text;
using testing::expect_gradients_match_finite_differences;
using testing::expect_second_derivatives_match_finite_differences;
using testing::expect_values;
using testing::varied;

using Loss = Tensor (*)(const Tensor& target, const Tensor& output, bool from_logits);

Tensor gradient(Loss loss, const Tensor& target, const Tensor& output, bool from_logits) {
  GradientTape tape;
  tape.watch(output);
  const Tensor y = loss(target, output, from_logits);
  return tape.gradient(y, {output})[0];
}

// Values and gradients of keras.ops.NAME on TensorFlow in float64.
const Tensor kProbabilities = Tensor::from<double>({0.2, 0.3, 0.4, 0, 0, 2}, {2, 3});

TEST(SparseCategoricalCrossentropy, GivesTheValuesOfKerasForProbabilities) {
  const Tensor labels = Tensor::from<std::int64_t>({1, 2}, {2});
  expect_values(sparse_categorical_crossentropy(labels, kProbabilities, false), {2},
                {std::log(3.0), 2.00000000e-07}, 1e-7, 0);
  expect_values(gradient(sparse_categorical_crossentropy, labels, kProbabilities, false), {2, 3},
                {1 / 0.9, -1 / 0.45, 1 / 0.9, 0, 0, 0}, 1e-12, 1e-12);
}

TEST(SparseCategoricalCrossentropy, TakesWholeNumbersOfAnyDtypeWithOrWithoutALastAxis) {
  const Tensor logits = varied({2, 3, 4});
  const Tensor labels = Tensor::from<std::int64_t>({3, 0, 1, 2, 2, 0}, {2, 3});
  const Tensor want = sparse_categorical_crossentropy(labels, logits, true);
  EXPECT_EQ(want.shape(), Shape({2, 3}));
  for (const DType dtype : {DType::uint8, DType::int32, DType::float32, DType::float64}) {
    testing::expect_same_bits(sparse_categorical_crossentropy(labels.astype(dtype), logits, true), want);
  }
  testing::expect_same_bits(sparse_categorical_crossentropy(labels.reshaped({2, 3, 1}), logits, true), want);
}

TEST(SparseCategoricalCrossentropy, IsMinusTheLogOfTheSoftmax) {
  // log(e^1 + e^2 + e^3) - 2 and, with the largest far away, exactly the distance.
  const Tensor logits = Tensor::from<double>({1, 2, 3, 0, 1000, 0}, {2, 3});
  expect_values(sparse_categorical_crossentropy(Tensor::from<std::int32_t>({1, 2}, {2}), logits, true), {2},
                {std::log(std::exp(1) + std::exp(2) + std::exp(3)) - 2, 1000}, 1e-14);
}

TEST(SparseCategoricalCrossentropy, NamesALabelOutsideOfTheClasses) {
  const Tensor logits = Tensor::zeros({2, 3});
  for (const std::int64_t label : {3, -1}) {
    const std::string text = error_text<InvalidArgumentError>([&] {
      (void)sparse_categorical_crossentropy(Tensor::from<std::int64_t>({1, label}, {2}), logits, true);
    });
    EXPECT_NE(text.find("label value of " + std::to_string(label)), std::string::npos) << text;
    EXPECT_NE(text.find("[0, 3)"), std::string::npos) << text;
  }
}

TEST(SparseCategoricalCrossentropy, NamesShapesThatDoNotFit) {
  const std::string text = error_text<ValueError>([] {
    (void)sparse_categorical_crossentropy(Tensor::zeros({3}), Tensor::zeros({2, 3}), true);
  });
  EXPECT_NE(text.find("target.shape=(3,), output.shape=(2, 3)"), std::string::npos) << text;
  EXPECT_THROW((void)sparse_categorical_crossentropy(Tensor::zeros({2, 2}), Tensor::zeros({2, 3}), true),
               ValueError);
  EXPECT_THROW((void)sparse_categorical_crossentropy(Tensor::zeros({}), Tensor::zeros({}), true), ValueError);
}

TEST(CategoricalCrossentropy, GivesTheValuesOfKerasForProbabilities) {
  const Tensor target = Tensor::from<double>({0.2, 0.8, 0, 0, 0, 1}, {2, 3});
  expect_values(categorical_crossentropy(target, kProbabilities, false), {2}, {1.17970531, 1.00000005e-07},
                1e-8, 0);
  expect_values(gradient(categorical_crossentropy, target, kProbabilities, false), {2, 3},
                {1 / 9.0, -14 / 9.0, 10 / 9.0, 0, 0, 0}, 1e-12, 1e-12);
}

TEST(CategoricalCrossentropy, TakesTargetsThatDoNotAddUpToOneAsTensorFlowDoes) {
  const Tensor target = Tensor::from<double>({1, 1, 0.5}, {1, 3});
  const Tensor logits = Tensor::from<double>({1, 2, 3}, {1, 3});
  expect_values(categorical_crossentropy(target, logits, true), {1}, {4.01901491}, 1e-8);
  expect_values(gradient(categorical_crossentropy, target, logits, true), {1, 3},
                {-0.90996943, -0.75527153, 0.16524096}, 1e-7);
}

TEST(CategoricalCrossentropy, IgnoresClassesOfNoWeight) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Tensor target = Tensor::from<double>({1, 0}, {1, 2});
  const Tensor logits = Tensor::from<double>({1, -infinity}, {1, 2});
  expect_values(categorical_crossentropy(target, logits, true), {1}, {0});
}

TEST(CategoricalCrossentropy, NamesShapesThatDiffer) {
  const std::string text = error_text<ValueError>([] {
    (void)categorical_crossentropy(Tensor::zeros({2, 2}), Tensor::zeros({2, 3}), true);
  });
  EXPECT_NE(text.find("must have the same shape"), std::string::npos) << text;
  EXPECT_THROW((void)categorical_crossentropy(Tensor::zeros({}), Tensor::zeros({}), true), ValueError);
  EXPECT_THROW((void)categorical_crossentropy(Tensor::zeros({3}), Tensor::zeros({2, 3}), true), ValueError);
}

TEST(BinaryCrossentropy, GivesTheValuesOfKerasForProbabilities) {
  const Tensor target = Tensor::from<double>({0, 1, 1, 0.4, 1}, {5});
  const Tensor output = Tensor::from<double>({0, 0.3, 1, 0.9, 1e-7}, {5});
  expect_values(binary_crossentropy(target, output, false), {5},
                {1.00000005e-07, 1.20397280e+00, 1.00000005e-07, 1.42369526e+00, 1.61180957e+01}, 1e-8, 0);
  expect_values(gradient(binary_crossentropy, target, output, false), {5},
                {0, -1 / 0.3, 0, 0.6 / 0.1 - 0.4 / 0.9, -1e7}, 1e-9, 1e-12);
}

TEST(BinaryCrossentropy, GivesTheValuesOfKerasForLogits) {
  const Tensor target = Tensor::from<double>({0, 1, 0.4, 1}, {4});
  const Tensor logits = Tensor::from<double>({-800, 0, 3, 800}, {4});
  expect_values(binary_crossentropy(target, logits, true), {4}, {0, 0.69314718, 1.84858735, 0}, 1e-8, 0);
  expect_values(gradient(binary_crossentropy, target, logits, true), {4}, {0, -0.5, 0.55257413, 0}, 1e-8, 0);
}

TEST(BinaryCrossentropy, KeepsDigitsOfSmallLosses) {
  const Tensor loss =
      binary_crossentropy(Tensor::ones({1}), Tensor::full({1}, 20.0), true);  // log(1 + exp(-20))
  EXPECT_NEAR(loss.item(), 2.0611536e-9, 1e-15);
}

TEST(Crossentropy, ClipsProbabilitiesToTheEpsilonThatIsSet) {
  set_epsilon(0.25);
  const Tensor low = Tensor::from({0.125, 0.875}, {1, 2});
  testing::expect_values(binary_crossentropy(Tensor::from({1.0, 1.0}, {1, 2}), low, false), {1, 2},
                         {-std::log(0.25), -std::log(0.75)});
  testing::expect_values(categorical_crossentropy(Tensor::from({1.0, 0.0}, {1, 2}), low, false), {1},
                         {-std::log(0.25)});
  testing::expect_values(sparse_categorical_crossentropy(Tensor::from({0.0}, {1}), low, false), {1},
                         {-std::log(0.25)});
  set_epsilon(1e-7);
}

TEST(BinaryCrossentropy, NamesShapesThatDiffer) {
  const std::string text = error_text<ValueError>([] {
    (void)binary_crossentropy(Tensor::zeros({2, 2, 1}), Tensor::zeros({2, 3}), true);
  });
  EXPECT_NE(text.find("must have the same rank"), std::string::npos) << text;
  EXPECT_THROW((void)binary_crossentropy(Tensor::zeros({2}), Tensor::zeros({3}), true), ValueError);
}

TEST(Crossentropy, HasGradientsAndSecondDerivatives) {
  const Tensor labels = Tensor::from<std::int64_t>({1, 0, 2}, {3});
  const Tensor weights = Tensor::from<double>({0.2, 0.5, 0.3, 0, 1, 0, 0.1, 0.1, 0.8}, {3, 3});
  const Tensor logits = varied({3, 3}, 4);
  const Tensor probabilities = Tensor::from<double>({0.2, 0.5, 0.4, 0.1, 0.8, 0.3, 0.6, 0.15, 0.7}, {3, 3});
  struct Case {
    Loss loss;
    Tensor target;
  };
  for (const Case& c : {Case{sparse_categorical_crossentropy, labels},
                        Case{categorical_crossentropy, weights}, Case{binary_crossentropy, weights}}) {
    for (const bool from_logits : {true, false}) {
      const auto f = [&](const Tensors& x) { return c.loss(c.target, x[0], from_logits); };
      const Tensor at = from_logits ? logits : probabilities;
      expect_gradients_match_finite_differences(f, {at});
      expect_second_derivatives_match_finite_differences(f, {at}, 1e-5);
    }
  }
}

TEST(Crossentropy, RefusesOutputsThatAreNotFloat) {
  EXPECT_THROW((void)binary_crossentropy(Tensor::zeros({2}), Tensor::zeros({2}, DType::int32), true),
               TypeError);
}

}  // namespace
}  // namespace sepal::ops
