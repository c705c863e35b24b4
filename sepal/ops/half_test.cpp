// Every op on 16-bit floats: what it returns, and which gradients flow.
#include "sepal/ops/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/batch_matmul.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/conv_nd.h"
#include "sepal/ops/crossentropy.h"
#include "sepal/ops/image.h"
#include "sepal/ops/layer_normalization.h"
#include "sepal/ops/logical.h"
#include "sepal/ops/matmul.h"
#include "sepal/ops/normalization.h"
#include "sepal/ops/pooling.h"
#include "sepal/ops/power.h"
#include "sepal/ops/reduce.h"
#include "sepal/ops/take.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::expect_same_bits;
using testing::expect_values;
using testing::varied;

constexpr DType kHalves[] = {DType::float16, DType::bfloat16};

Tensor vector(const std::vector<double>& values, DType dtype) {
  return Tensor::from(values, {static_cast<std::int64_t>(values.size())}).astype(dtype);
}

// Values and gradients that TensorFlow's kernels give, bit for bit.
struct PairCase {
  Tensor (*op)(const Tensor&, const Tensor&);
  std::vector<double> float16, float16_dx, float16_dy;
  std::vector<double> bfloat16, bfloat16_dx, bfloat16_dy;
};

TEST(HalfOps, ComputePairsAsTensorFlowDoes) {
  const std::vector<PairCase> cases = {
      {&add,
       {1.7998046875, 3.0, 0.798828125, 5.5},
       {1, 1, 1, 1},
       {1, 1, 1, 1},
       {1.796875, 3.0, 0.8046875, 5.5},
       {1, 1, 1, 1},
       {1, 1, 1, 1}},
      {&multiply,
       {0.77001953125, -0.990234375, -5.12890625, 0.00550079345703125},
       {0.7001953125, 3.30078125, -1.900390625, 5.5},
       {1.099609375, -0.300048828125, 2.69921875, 0.0010004043579101562},
       {0.76953125, -0.9921875, -5.125, 0.0054931640625},
       {0.69921875, 3.296875, -1.8984375, 5.5},
       {1.1015625, -0.30078125, 2.703125, 0.00099945068359375}},
      {&divide,
       {1.5703125, -0.09088134765625, -1.419921875, 0.0001819133758544922},
       {1.427734375, 0.302978515625, -0.5263671875, 0.1817626953125},
       {-2.2421875, 0.02752685546875, -0.7470703125, -3.30805778503418e-05},
       {1.578125, -0.09130859375, -1.421875, 0.00018215179443359375},
       {1.4296875, 0.302734375, -0.52734375, 0.181640625},
       {-2.25, 0.0277099609375, -0.75, -3.314018249511719e-05}},
      {&maximum,
       {1.099609375, 3.30078125, 2.69921875, 5.5},
       {1, 0, 1, 0},
       {0, 1, 0, 1},
       {1.1015625, 3.296875, 2.703125, 5.5},
       {1, 0, 1, 0},
       {0, 1, 0, 1}},
  };
  for (const PairCase& c : cases) {
    for (const DType dtype : kHalves) {
      const bool is_float16 = dtype == DType::float16;
      const Tensor x = vector({1.1, -0.3, 2.7, 0.001}, dtype);
      const Tensor y = vector({0.7, 3.3, -1.9, 5.5}, dtype);
      GradientTape tape;
      tape.watch(x);
      tape.watch(y);
      const Tensor z = c.op(x, y);
      const Tensors g = tape.gradient(z, {x, y});
      for (const Tensor& tensor : {z, g[0], g[1]}) EXPECT_EQ(tensor.dtype(), dtype);
      // The gradient of a quotient by its divisor passes through other intermediate results in TensorFlow.
      const double ulp = is_float16 ? 1e-3 : 8e-3;
      expect_values(z, {4}, is_float16 ? c.float16 : c.bfloat16, 0, 0);
      expect_values(g[0], {4}, is_float16 ? c.float16_dx : c.bfloat16_dx, 0, 0);
      expect_values(g[1], {4}, is_float16 ? c.float16_dy : c.bfloat16_dy, c.op == &divide ? ulp : 0, 0);
    }
  }
}

TEST(HalfOps, RoundNumbersBesideTensorsFirst) {
  // 0.1 is 0.0999755859375 in float16.
  expect_values(add(vector({1.1, -0.3, 2.7, 0.001}, DType::float16), 0.1), {4},
                {1.19921875, -0.2000732421875, 2.798828125, 0.1009521484375}, 0, 0);
  expect_values(multiply(vector({1.1, -0.3, 2.7, 0.001}, DType::bfloat16), 0.1), {4},
                {0.1103515625, -0.0301513671875, 0.271484375, 0.00010013580322265625}, 0, 0);
  const Tensor is_other = not_equal(vector({0.1, 0.2}, DType::float16), 0.1);
  EXPECT_EQ(is_other.at(0), 0.0);
  EXPECT_EQ(is_other.at(1), 1.0);
}

TEST(HalfOps, SumsDoNotLoseDigitsOnTheWay) {
  // TensorFlow's numbers: beyond 2048, adding 1 to a float16 changes nothing.
  EXPECT_EQ(sum(Tensor::ones({3000}, DType::float16)).item(), 3000.0);
  EXPECT_EQ(sum(Tensor::ones({3000}, DType::bfloat16)).item(), 3008.0);
  EXPECT_EQ(mean(Tensor::full({1000}, 100.0, DType::float16)).item(), 100.0);
  const Tensor x = Tensor::full({100000}, 2.0, DType::float16);
  GradientTape tape;
  tape.watch(x);
  // 1 / 100000 is a subnormal number; the count is beyond the largest.
  EXPECT_EQ(tape.gradient(mean(x), {x})[0].at(0), 1.0013580322265625e-05);
}

TEST(HalfOps, OverflowToInfinity) {
  const Tensor squares = square(vector({300.0, -400.0, 255.0}, DType::float16));
  const double infinity = std::numeric_limits<double>::infinity();
  expect_values(squares, {3}, {infinity, infinity, 65024.0}, 0, 0);
  expect_values(square(vector({300.0, 400.0}, DType::bfloat16)), {2}, {90112.0, 159744.0}, 0, 0);
}

// An op of one or several inputs.
struct OpCase {
  const char* name;
  Shapes shapes;
  std::function<Tensor(const Tensors&)> op;
};

std::vector<OpCase> all_ops() {
  const ConvOptions plane{.strides = {1, 1}, .dilation_rate = {1, 1}};
  const ConvOptions volume{.strides = {1, 1, 1}, .dilation_rate = {1, 1, 1}};
  const Tensor labels = Tensor::from<std::int64_t>({2, 0, 1}, {3});
  const Tensor targets = Tensor::from({1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0}, {3, 3});
  const Tensor mask = Tensor::from({true, false, true, false, false, true}, {2, 3});
  return {
      {"subtract", {{2, 3}, {3}}, [](const Tensors& x) { return subtract(x[0], x[1]); }},
      {"minimum", {{2, 3}, {3}}, [](const Tensors& x) { return minimum(x[0], x[1]); }},
      {"clip", {{9}}, [](const Tensors& x) { return clip(x[0], -0.5, 0.5); }},
      {"negative", {{9}}, [](const Tensors& x) { return negative(x[0]); }},
      {"exp", {{9}}, [](const Tensors& x) { return exp(x[0]); }},
      {"tanh", {{9}}, [](const Tensors& x) { return tanh(x[0]); }},
      {"power", {{9}}, [](const Tensors& x) { return power(x[0], 3.0); }},
      {"gelu", {{9}}, [](const Tensors& x) { return gelu(x[0], false); }},
      {"relu", {{9}}, [](const Tensors& x) { return relu(x[0], 0.25, 0.75, 0.125); }},
      {"where", {{2, 3}, {2, 3}}, [=](const Tensors& x) { return where(mask, x[0], x[1]); }},
      {"sum",
       {{2, 3, 4}},
       [](const Tensors& x) {
         return sum(x[0], {{0, 2}});
       }},
      {"mean", {{2, 3, 4}}, [](const Tensors& x) { return mean(x[0], {{1}}, true); }},
      {"max", {{2, 3, 4}}, [](const Tensors& x) { return max(x[0], {{1}}); }},
      {"min",
       {{2, 3, 4}},
       [](const Tensors& x) {
         return min(x[0], {{0, 2}});
       }},
      {"broadcast_to",
       {{3, 1}},
       [](const Tensors& x) {
         return broadcast_to(x[0], {2, 3, 4});
       }},
      {"concatenate", {{2, 3}, {2, 1}}, [](const Tensors& x) { return concatenate(x, 1); }},
      {"take",
       {{4, 2}},
       [](const Tensors& x) {
         return take(x[0], Tensor::from<std::int32_t>({1, 3, 1}, {3}));
       }},
      {"matmul", {{2, 3}, {4, 3}}, [](const Tensors& x) { return matmul(x[0], x[1], false, true); }},
      {"dense", {{2, 3}, {3, 4}, {4}}, [](const Tensors& x) { return dense(x[0], x[1], x[2]); }},
      {"batch_matmul", {{2, 3, 2}, {2, 2, 3}}, [](const Tensors& x) { return batch_matmul(x[0], x[1]); }},
      {"softmax", {{3, 3}}, [](const Tensors& x) { return softmax(x[0]); }},
      {"log_softmax", {{3, 3}}, [](const Tensors& x) { return log_softmax(x[0], 0); }},
      {"sparsemax", {{3, 3}}, [](const Tensors& x) { return sparsemax(x[0]); }},
      {"sparse_categorical_crossentropy",
       {{3, 3}},
       [=](const Tensors& x) { return sparse_categorical_crossentropy(labels, x[0], true); }},
      {"categorical_crossentropy",
       {{3, 3}},
       [=](const Tensors& x) { return categorical_crossentropy(targets, x[0], true); }},
      {"binary_crossentropy",
       {{3, 3}},
       [=](const Tensors& x) { return binary_crossentropy(targets, x[0], true); }},
      {"layer_normalization",
       {{2, 6}, {6}, {6}},
       [](const Tensors& x) { return layer_normalization(x[0], x[1], x[2], {-1}, 1e-3); }},
      {"group_normalization",
       {{2, 5, 4}, {4}, {4}},
       [](const Tensors& x) { return group_normalization(x[0], x[1], x[2], 2, -1, 1e-3); }},
      {"normalize", {{2, 6}}, [](const Tensors& x) { return normalize(x[0], {-1}, 1e-12); }},
      {"batch_norm_training",
       {{8, 3}, {3}, {3}},
       [](const Tensors& x) { return batch_norm_training(x[0], x[1], x[2], -1, 1e-3).output; }},
      {"max_pool2d",
       {{1, 4, 5, 2}},
       [](const Tensors& x) { return max_pool2d(x[0], {.pool_h = 2, .pool_w = 3}); }},
      {"average_pool2d",
       {{1, 4, 5, 2}},
       [](const Tensors& x) { return average_pool2d(x[0], {.pool_h = 2, .pool_w = 3}); }},
      {"conv2d",
       {{1, 4, 5, 2}, {2, 2, 2, 3}, {3}},
       [](const Tensors& x) { return conv2d(x[0], x[1], x[2], {}); }},
      {"depthwise_conv2d",
       {{1, 4, 5, 2}, {2, 2, 2, 2}, {4}},
       [](const Tensors& x) { return depthwise_conv2d(x[0], x[1], x[2], {}); }},
      {"separable_conv2d",
       {{1, 4, 5, 2}, {2, 2, 2, 1}, {1, 1, 2, 3}, {3}},
       [](const Tensors& x) { return separable_conv2d(x[0], x[1], x[2], x[3], {}); }},
      {"conv3d",
       {{1, 3, 3, 3, 2}, {2, 2, 2, 2, 3}},
       [=](const Tensors& x) { return conv(x[0], x[1], Tensor(), volume); }},
      {"conv_transpose",
       {{1, 3, 3, 2}, {2, 2, 3, 2}, {3}},
       [=](const Tensors& x) { return conv_transpose(x[0], x[1], x[2], plane, std::nullopt); }},
      {"resize",
       {{1, 3, 3, 2}},
       [](const Tensors& x) { return resize(x[0], 5, 4, Interpolation::bilinear); }},
      {"affine_transform",
       {{1, 3, 3, 2}},
       [](const Tensors& x) { return affine_transform(x[0], {{.a0 = 0.8, .a2 = 0.3}}); }},
  };
}

struct Outcome {
  Tensor y;
  Tensors gradients;
};

Outcome run(const OpCase& c, const Tensors& inputs) {
  GradientTape tape;
  for (const Tensor& input : inputs) tape.watch(input);
  Outcome outcome;
  outcome.y = c.op(inputs);
  outcome.gradients = tape.gradient(outcome.y, inputs);
  return outcome;
}

// The promise is float32 arithmetic and one rounding of each result. The gradients of ops that consist of
// others are rounded more than once.
TEST(HalfOps, RoundWhatTheyComputeInFloat32) {
  for (const OpCase& c : all_ops()) {
    for (const DType dtype : kHalves) {
      SCOPED_TRACE(std::string(c.name) + " " + std::string(name_of(dtype)));
      Tensors inputs;
      Tensors wide;
      for (std::size_t i = 0; i < c.shapes.size(); ++i) {
        inputs.push_back(varied(c.shapes[i], static_cast<unsigned>(i)).astype(dtype));
        wide.push_back(inputs.back().astype(DType::float32));
      }
      const Outcome got = run(c, inputs);
      const Outcome want = run(c, wide);
      expect_same_bits(got.y, want.y.astype(dtype));
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        EXPECT_EQ(got.gradients[i].dtype(), dtype);
        double largest = 0.0;
        for (std::int64_t k = 0; k < want.gradients[i].num_elements(); ++k)
          largest = std::max(largest, std::abs(want.gradients[i].at(k)));
        const double ulp = dtype == DType::float16 ? 0x1p-10 : 0x1p-7;
        testing::expect_close(got.gradients[i].astype(DType::float32), want.gradients[i], 2 * ulp,
                              ulp * largest);
      }
    }
  }
}

TEST(HalfOps, GradientsArriveInTheDtypeOfTheVariable) {
  // As in mixed precision: a float32 variable is read in float16.
  const Tensor w = vector({1.0, 2.0}, DType::float32);
  const Tensor x = vector({0.1, 0.2}, DType::float16);
  GradientTape tape;
  tape.watch(w);
  const Tensor y = multiply(cast(w, DType::float16), x);
  ASSERT_EQ(y.dtype(), DType::float16);
  const Tensor g = tape.gradient(y, {w})[0];
  ASSERT_EQ(g.dtype(), DType::float32);
  // 0.1 and 0.2 in float16.
  expect_values(g, {2}, {0.0999755859375, 0.199951171875}, 0, 0);
}

TEST(HalfOps, GradientsOfSeveralUsesAreAddedInTheirDtype) {
  const Tensor x = vector({0.1, 3.0}, DType::bfloat16);
  GradientTape tape;
  tape.watch(x);
  const Tensor y = add(multiply(x, x), multiply(x, 3.0));
  const Tensor g = tape.gradient(y, {x})[0];
  ASSERT_EQ(g.dtype(), DType::bfloat16);
  // 3 + 2 * 0.10009765625, to eight bits.
  expect_values(g, {2}, {3.203125, 9.0}, 0, 0);
}

TEST(HalfOps, TakeNoPartnersOfOtherDtypes) {
  const Tensor half = Tensor::ones({2}, DType::float16);
  EXPECT_THROW((void)add(half, Tensor::ones({2})), TypeError);
  EXPECT_THROW((void)add(half, Tensor::ones({2}, DType::bfloat16)), TypeError);
}

TEST(HalfOps, FindTheLargest) {
  EXPECT_EQ(argmax(vector({0.5, -1.0, 2.5, 2.0}, DType::bfloat16), 0).item(), 2.0);
}

}  // namespace
}  // namespace sepal::ops
