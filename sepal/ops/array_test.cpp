#include "sepal/ops/array.h"

#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::error_text;
using testing::expect_gradients_match_finite_differences;
using testing::expect_second_derivatives_match_finite_differences;
using testing::expect_values;
using testing::ramp;
using testing::varied;

TEST(Reshape, FindsTheUnknownLength) {
  EXPECT_EQ(reshape(ramp({2, 6}), {kNone, 4}).shape(), Shape({3, 4}));
  EXPECT_EQ(reshape(ramp({2, 6}), {12, kNone}).shape(), Shape({12, 1}));
  expect_values(reshape(ramp({2, 2}), {4}), {4}, {1, 2, 3, 4});
}

TEST(Reshape, NamesTheShapesThatDoNotFit) {
  const std::string text = error_text<ValueError>([] { (void)reshape(ramp({2, 3}), {4, kNone}); });
  EXPECT_NE(text.find("(2, 3)"), std::string::npos) << text;
  EXPECT_NE(text.find("(4, None)"), std::string::npos) << text;
  EXPECT_THROW((void)reshape(ramp({4}), {kNone, kNone}), ValueError);
  EXPECT_THROW((void)reshape(ramp({4}), {5}), ValueError);
}

// Every element by index arithmetic.
void expect_transposed(const Tensor& x, const std::vector<int>& permutation) {
  const Tensor y = transpose(x, permutation);
  for (std::int64_t i = 0; i < y.num_elements(); ++i) {
    std::vector<std::int64_t> index(permutation.size());
    std::int64_t rest = i;
    for (int k = y.rank() - 1; k >= 0; --k) {
      index[static_cast<std::size_t>(permutation[static_cast<std::size_t>(k)])] = rest % y.shape()[k];
      rest /= y.shape()[k];
    }
    std::int64_t source = 0;
    for (int k = 0; k < x.rank(); ++k) source = source * x.shape()[k] + index[static_cast<std::size_t>(k)];
    ASSERT_EQ(y.at(i), x.at(source)) << i;
  }
}

TEST(Transpose, MovesEveryElement) {
  expect_values(transpose(ramp({2, 3}), {1, 0}), {3, 2}, {1, 4, 2, 5, 3, 6});
  expect_transposed(ramp({2, 37, 35, 5}), {0, 3, 1, 2});
  expect_transposed(ramp({2, 5, 37, 35}), {0, 2, 3, 1});
  expect_transposed(ramp({3, 4, 5, 6}), {3, 1, 2, 0});
  expect_transposed(ramp({3, 4, 5, 6}), {2, 0, 3, 1});
  expect_transposed(ramp({3, 4, 5, 6}), {1, 0, 2, 3});
  expect_transposed(ramp({70, 1, 65}), {2, 1, 0});
  expect_transposed(ramp({7}), {0});
  for (const DType dtype : {DType::float32, DType::int16, DType::uint8, DType::int64}) {
    expect_transposed(ramp({3, 5, 7}, dtype), {2, 0, 1});
  }
}

TEST(Transpose, RefusesWhatIsNoPermutation) {
  const std::string text = error_text<ValueError>([] { (void)transpose(ramp({2, 3}), {0, 0}); });
  EXPECT_NE(text.find("axes=(0, 0)"), std::string::npos) << text;
  EXPECT_THROW((void)transpose(ramp({2, 3}), {0}), ValueError);
}

TEST(Concatenate, JoinsAlongAnyAxis) {
  const Tensor a = ramp({2, 1, 2});
  const Tensor b = multiply(ramp({2, 2, 2}), 10.0);
  expect_values(concatenate({a, b}, 1), {2, 3, 2}, {1, 2, 10, 20, 30, 40, 3, 4, 50, 60, 70, 80});
  expect_values(concatenate({a, a}, 0), {4, 1, 2}, {1, 2, 3, 4, 1, 2, 3, 4});
  expect_values(concatenate({a, a}, -1), {2, 1, 4}, {1, 2, 1, 2, 3, 4, 3, 4});
  EXPECT_EQ(concatenate({Tensor::zeros({2}, DType::int8), Tensor::zeros({3}, DType::int8)}, 0).shape(),
            Shape({5}));
}

TEST(Concatenate, NamesTheShapesThatDiffer) {
  const std::string text = error_text<ValueError>([] { (void)concatenate({ramp({2, 2}), ramp({3, 3})}, 1); });
  EXPECT_NE(text.find("[(2, 2), (3, 3)]"), std::string::npos) << text;
  EXPECT_THROW((void)concatenate({ramp({2, 2}), ramp({2})}, 1), ValueError);
  EXPECT_THROW((void)concatenate({ramp({2, 2}), ramp({2, 2})}, 2), ValueError);
  EXPECT_THROW((void)concatenate({}, 0), ValueError);
  EXPECT_THROW((void)concatenate({ramp({2}), ramp({2}, DType::float32)}, 0), TypeError);
}

TEST(Slice, TakesPartOfAnAxis) {
  expect_values(slice(ramp({2, 3, 2}), 1, 1, 3), {2, 2, 2}, {3, 4, 5, 6, 9, 10, 11, 12});
  expect_values(slice(ramp({3, 2}), 0, 2, 3), {1, 2}, {5, 6});
  EXPECT_EQ(slice(ramp({3, 2}), -1, 1, 1).shape(), Shape({3, 0}));
  EXPECT_THROW((void)slice(ramp({3, 2}), 1, 1, 3), ValueError);
  EXPECT_THROW((void)slice(ramp({3, 2}), 1, -1, 1), ValueError);
}

TEST(BroadcastTo, RepeatsElements) {
  expect_values(broadcast_to(ramp({2, 1}), {2, 3}), {2, 3}, {1, 1, 1, 2, 2, 2});
  expect_values(broadcast_to(ramp({2}), {2, 2}), {2, 2}, {1, 2, 1, 2});
  expect_values(broadcast_to(ramp({2, 1, 2}), {2, 2, 2}), {2, 2, 2}, {1, 2, 1, 2, 3, 4, 3, 4});
  expect_values(broadcast_to(Tensor::scalar(3), {2}), {2}, {3, 3});
  EXPECT_THROW((void)broadcast_to(ramp({2, 2}), {2}), ValueError);
  EXPECT_THROW((void)broadcast_to(ramp({2}), {3}), ValueError);
}

TEST(Pad, SurroundsWithZeros) {
  expect_values(pad(ramp({2, 2}), {{1, 0}, {0, 2}}), {3, 4}, {0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0});
  expect_values(pad(ramp({1, 2, 1, 1}), {{0, 0}, {1, 1}, {0, 0}, {1, 0}}), {1, 4, 1, 2},
                {0, 0, 0, 1, 0, 2, 0, 0});
  EXPECT_THROW((void)pad(ramp({2, 2}), {{1, 1}}), ValueError);
  EXPECT_THROW((void)pad(ramp({2}), {{-1, 1}}), ValueError);
}

TEST(TakeRows, TakesRowsInTheGivenOrder) {
  expect_values(take_rows(ramp({3, 2}), {2, 0, 2}), {3, 2}, {5, 6, 1, 2, 5, 6});
  expect_values(take_rows(ramp({3}, DType::int32), {1}), {1}, {2});
  EXPECT_EQ(take_rows(ramp({3, 2}), {}).shape(), Shape({0, 2}));
  const std::string text = error_text<InvalidArgumentError>([] { (void)take_rows(ramp({3, 2}), {0, 3}); });
  EXPECT_NE(text.find("row 3 is not in [0, 3)"), std::string::npos) << text;
  EXPECT_THROW((void)take_rows(ramp({3}), {-1}), InvalidArgumentError);
}

TEST(Array, HasGradients) {
  const std::vector<std::pair<const char*, std::function<Tensor(const Tensors&)>>> functions{
      {"reshape",
       [](const Tensors& x) {
         return reshape(x[0], {4, 3});
       }},
      {"transpose",
       [](const Tensors& x) {
         return transpose(x[0], {2, 0, 1});
       }},
      {"concatenate",
       [](const Tensors& x) {
         return concatenate({x[0], x[0], square(x[0])}, 1);
       }},
      {"slice", [](const Tensors& x) { return slice(x[0], 2, 1, 2); }},
      {"broadcast_to",
       [](const Tensors& x) {
         return broadcast_to(x[0], {2, 2, 3, 2});
       }},
      {"broadcast_to inside",
       [](const Tensors& x) {
         return broadcast_to(slice(x[0], 1, 0, 1), {2, 3, 2});
       }},
      {"pad",
       [](const Tensors& x) {
         return pad(x[0], {{0, 0}, {1, 2}, {0, 1}});
       }},
      {"identity", [](const Tensors& x) { return identity(x[0]); }}};
  for (const auto& [name, function] : functions) {
    SCOPED_TRACE(name);
    const auto f = [&, op = function](const Tensors& x) { return square(op(x)); };
    expect_gradients_match_finite_differences(f, {varied({2, 3, 2})});
    expect_second_derivatives_match_finite_differences(f, {varied({2, 3, 2})});
  }
}

TEST(StopGradient, CutsTheTape) {
  const Tensor x = ramp({2});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = multiply(x, stop_gradient(x));
  expect_values(tape.gradient(y, {x})[0], {2}, {1, 2});
}

TEST(Identity, HasAnIdentityOfItsOwn) {
  const Tensor x = ramp({2});
  const Tensor y = identity(x);
  EXPECT_NE(x.id(), y.id());
  testing::expect_same_bits(x, y);
}

TEST(TakeSteps, GoesForwardsAndBackwards) {
  const Tensor x = testing::ramp({2, 5});
  testing::expect_values(ops::take_steps(x, 1, 1, 2, 2), {2, 2}, {2, 4, 7, 9});
  testing::expect_values(ops::take_steps(x, -1, 4, -3, 2), {2, 2}, {5, 2, 10, 7});
  testing::expect_values(ops::flip(x, 0), {2, 5}, {6, 7, 8, 9, 10, 1, 2, 3, 4, 5});
  EXPECT_EQ(ops::take_steps(x, 1, 9, 1, 0).shape(), (Shape{2, 0}));
  testing::expect_error<ValueError>([&] { (void)ops::take_steps(x, 1, 1, 2, 3); }, {"outside of axis 1"});
  testing::expect_error<ValueError>([&] { (void)ops::take_steps(x, 1, 1, -1, 3); }, {"outside of axis 1"});
  const auto f = [](const Tensors& in) { return ops::take_steps(in[0], 1, 4, -2, 2); };
  testing::expect_gradients_match_finite_differences(f, {testing::varied({2, 5, 3})});
  testing::expect_second_derivatives_match_finite_differences(f, {testing::varied({2, 5, 3})});
}

TEST(Stack, MakesANewAxis) {
  const Tensors pair = {testing::ramp({2}), testing::ramp({2})};
  testing::expect_values(ops::stack(pair, 0), {2, 2}, {1, 2, 1, 2});
  testing::expect_values(ops::stack(pair, -1), {2, 2}, {1, 1, 2, 2});
  testing::expect_error<ValueError>([&] { (void)ops::stack({pair[0], testing::ramp({3})}, 0); }, {"(3,)"});
}

TEST(Tile, RepeatsTheWhole) {
  testing::expect_values(ops::tile(testing::ramp({1, 2}), {2, 2}), {2, 4}, {1, 2, 1, 2, 1, 2, 1, 2});
  testing::expect_error<ValueError>([] { (void)ops::tile(testing::ramp({2}), {0}); }, {"repeats"});
  const auto f = [](const Tensors& in) { return ops::tile(in[0], {2, 3}); };
  testing::expect_gradients_match_finite_differences(f, {testing::varied({2, 2})});
}

}  // namespace
}  // namespace sepal::ops
