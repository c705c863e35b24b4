#include <gtest/gtest.h>

#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/reduce.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::expect_gradients_match_finite_differences;
using testing::expect_second_derivatives_match_finite_differences;
using testing::expect_values;
using testing::varied;

// Results of keras.activations on TensorFlow in float64 for this x; gradients of sum(y * kRowWeights).
const Tensor kRows = Tensor::from<double>(
    {1, 0.9, -1, 0.3, 2, 0, 0, 0, 0.2, 0.1, 0.3, 0.25, 0.1, 0.1, 0.1, 0.1, -3, 1.5, 1.25, 50}, {5, 4});
const Tensor kRowWeights =
    Tensor::from<double>({1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4}, {5, 4});

Tensor weighted_gradient(const std::function<Tensor(const Tensor&)>& f) {
  GradientTape tape;
  tape.watch(kRows);
  const Tensor y = f(kRows);
  return tape.gradient(y, {kRows}, kRowWeights)[0];
}

TEST(Softmax, GivesTheValuesOfKeras) {
  const std::vector<double> want{0.3942039398333457,
                                 0.3566904750984073,
                                 0.05334970185033447,
                                 0.19575588321791249,
                                 0.7112345942275938,
                                 0.09625513525746872,
                                 0.09625513525746872,
                                 0.09625513525746872,
                                 0.24622782466053464,
                                 0.22279614911444914,
                                 0.27212383103585264,
                                 0.25885219518916364,
                                 0.25,
                                 0.25,
                                 0.25,
                                 0.25,
                                 9.602680054508677e-24,
                                 8.644057113036095e-22,
                                 6.731998448546458e-22,
                                 1.0};
  expect_values(softmax(kRows), {5, 4}, want, 1e-14, 0);
  expect_values(softmax(kRows.astype(DType::float32)), {5, 4}, want, 1e-6, 0);
  expect_values(weighted_gradient([](const Tensor& x) { return softmax(x); }), {5, 4},
                {-0.4141733371316645,
                 -0.01806905789114504,
                 0.05064713781090205,
                 0.38159525721190796,
                 -0.4107598924030076,
                 0.04066482887686713,
                 0.13691996413433585,
                 0.23317509939180459,
                 -0.38007736783778834,
                 -0.12111207505379894,
                 0.12419720851864113,
                 0.3769922343729458,
                 -0.375,
                 -0.125,
                 0.125,
                 0.375,
                 0,
                 0,
                 0,
                 0},
                1e-13, 1e-15);
}

TEST(Softmax, RunsAlongAnyAxis) {
  expect_values(softmax(kRows, 0), {5, 4},
                {0.21774651086039024,  0.24228642471561604, 0.05030312573934573, 2.603539969884964e-22,
                 0.591896383682159,    0.09850630925639428, 0.13673807261195398, 1.9287498479639178e-22,
                 0.0978398141650385,   0.10886630823713295, 0.18457709164621314, 2.4765638272182875e-22,
                 0.08852912483021155,  0.10886630823713295, 0.15111894124444775, 2.1315982402125517e-22,
                 0.003988166462200743, 0.4414746495537236,  0.47726276875803947, 1.0},
                1e-14, 0);
}

TEST(Softmax, RunsOverSeveralAxesTogether) {
  const Tensor x = varied({2, 3, 4, 2});
  const Tensor y = softmax(x, std::vector<std::int64_t>{1, 2});
  expect_values(sum(y, {{1, 2}}), {2, 2}, {1, 1, 1, 1});
  // exp(x) / sum over the pair of axes, by hand for one element.
  double total = 0;
  for (int i = 0; i < 12; ++i) total += std::exp(x.at(2 * i + 1));
  EXPECT_NEAR(y.at(2 * 7 + 1), std::exp(x.at(2 * 7 + 1)) / total, 1e-15);
}

TEST(LogSoftmax, GivesTheValuesOfKeras) {
  const auto f = [](const Tensor& x) { return log_softmax(x); };
  expect_values(f(kRows), {5, 4},
                {-0.9308868898097945,
                 -1.0308868898097945,
                 -2.9308868898097944,
                 -1.6308868898097946,
                 -0.34075295391313126,
                 -2.3407529539131313,
                 -2.3407529539131313,
                 -2.3407529539131313,
                 -1.4014980551248373,
                 -1.5014980551248371,
                 -1.3014980551248372,
                 -1.3514980551248372,
                 -1.3862943611198906,
                 -1.3862943611198906,
                 -1.3862943611198906,
                 -1.3862943611198906,
                 -53.0,
                 -48.5,
                 -48.75,
                 0.0},
                1e-14, 1e-15);
  expect_values(weighted_gradient(f), {5, 4},
                {-2.9420393983334567,
                 -1.5669047509840728,
                 2.4665029814966553,
                 2.042441167820875,
                 -6.112345942275937,
                 1.037448647425313,
                 2.037448647425313,
                 3.037448647425313,
                 -1.4622782466053459,
                 -0.22796149114449094,
                 0.2787616896414735,
                 1.4114780481083637,
                 -1.5,
                 -0.5,
                 0.5,
                 1.5,
                 1.0,
                 2.0,
                 3.0,
                 -6.0},
                1e-13, 1e-14);
}

TEST(Softmax, DoesNotOverflow) {
  expect_values(softmax(Tensor::from<float>({1000, 1000, -1000}, {3})), {3}, {0.5, 0.5, 0});
  expect_values(log_softmax(Tensor::from<double>({1000, 0}, {2})), {2}, {0, -1000});
}

TEST(Softmax, HasGradientsAlongEveryAxis) {
  for (const int axis : {0, 1, 2}) {
    const auto f = [axis](const Tensors& x) { return softmax(x[0], axis); };
    const auto log_f = [axis](const Tensors& x) { return log_softmax(x[0], axis); };
    expect_gradients_match_finite_differences(f, {varied({2, 3, 4})});
    expect_gradients_match_finite_differences(log_f, {varied({2, 3, 4})});
    expect_second_derivatives_match_finite_differences(f, {varied({2, 3, 2})});
    expect_second_derivatives_match_finite_differences(log_f, {varied({2, 3, 2})});
  }
  expect_gradients_match_finite_differences(
      [](const Tensors& x) {
        return softmax(x[0], std::vector<std::int64_t>{0, 2});
      },
      {varied({2, 3, 4})});
}

TEST(Softmax, RefusesAnAxisOutOfRange) {
  EXPECT_THROW((void)softmax(kRows, 2), ValueError);
  EXPECT_THROW((void)sparsemax(kRows, -3), ValueError);
}

TEST(Softmax, HasTheSameBitsForAnyThreadCount) {
  const Tensor x = varied({3000, 33}, 0, DType::float32);
  testing::expect_same_bits_for_any_thread_count([&] {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = softmax(x);
    return Tensors{y, tape.gradient(y, {x}, x)[0]};
  });
}

TEST(Sparsemax, GivesTheValuesOfKeras) {
  const auto f = [](const Tensor& x) { return sparsemax(x); };
  expect_values(f(kRows), {5, 4}, {0.05, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0, 0, 0, 1},
                1e-14, 1e-15);
  expect_values(weighted_gradient(f), {5, 4},
                {0, -0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -9, -5.5, -2, 1.5, 0, 0, 0, 0});
  expect_values(sparsemax(kRows, 0), {5, 4},
                {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.05, 0.35, 1}, 1e-14, 1e-15);
}

TEST(Sparsemax, HasGradients) {
  expect_gradients_match_finite_differences([](const Tensors& x) { return sparsemax(x[0], 1); },
                                            {varied({2, 4, 3})});
}

}  // namespace
}  // namespace sepal::ops
