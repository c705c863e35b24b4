#include "tests/support/tensor_checks.h"

#include <cmath>
#include <cstring>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/parallel.h"
#include "sepal/base/random.h"

namespace sepal::testing {
namespace {

double weighted_sum(const Tensor& values, const Tensor& weights) {
  double total = 0;
  for (std::int64_t i = 0; i < values.num_elements(); ++i) total += values.at(i) * weights.at(i);
  return total;
}

}  // namespace

void expect_close(const Tensor& got, const Tensor& want, double rtol, double atol) {
  ASSERT_EQ(got.shape(), want.shape()) << got.shape().str() << " against " << want.shape().str();
  ASSERT_EQ(name_of(got.dtype()), name_of(want.dtype()));
  int shown = 0;
  for (std::int64_t i = 0; i < got.num_elements() && shown < 5; ++i) {
    const double a = got.at(i);
    const double b = want.at(i);
    const bool close =
        (std::isnan(a) && std::isnan(b)) || a == b || std::abs(a - b) <= atol + rtol * std::abs(b);
    if (!close) ++shown;
    EXPECT_TRUE(close) << "element " << i << " of " << got.shape().str() << ": got " << a << ", want " << b;
  }
}

void expect_same_bits(const Tensor& got, const Tensor& want) {
  ASSERT_EQ(got.shape(), want.shape());
  ASSERT_EQ(name_of(got.dtype()), name_of(want.dtype()));
  EXPECT_EQ(std::memcmp(got.raw(), want.raw(), got.nbytes()), 0);
}

void expect_values(const Tensor& got, const Shape& shape, const std::vector<double>& want, double rtol,
                   double atol) {
  expect_close(got, Tensor::from(want, shape).astype(got.dtype()), rtol, atol);
}

Tensor ramp(const Shape& shape, DType dtype) {
  Tensor result(shape, DType::float64);
  double* out = result.mutable_data<double>();
  for (std::int64_t i = 0; i < result.num_elements(); ++i) out[i] = static_cast<double>(i + 1);
  return result.astype(dtype);
}

Tensor varied(const Shape& shape, unsigned seed, DType dtype) {
  RandomStream stream(seed + 1000);
  Tensor result(shape, DType::float64);
  double* out = result.mutable_data<double>();
  for (std::int64_t i = 0; i < result.num_elements(); ++i) {
    const double magnitude = 0.1 + 1.2 * stream.next_uniform();
    out[i] = stream.next_uniform() < 0.5 ? -magnitude : magnitude;
  }
  return result.astype(dtype);
}

Tensor small_integers(const Shape& shape, unsigned seed, DType dtype, int bound) {
  RandomStream stream(seed + 2000);
  Tensor result(shape, DType::float64);
  double* out = result.mutable_data<double>();
  for (std::int64_t i = 0; i < result.num_elements(); ++i) {
    out[i] = static_cast<double>(stream.next_below(static_cast<std::uint64_t>(2 * bound + 1))) - bound;
  }
  return result.astype(dtype);
}

void expect_gradients_match_finite_differences(const std::function<Tensor(const Tensors&)>& f,
                                               const Tensors& inputs, double tolerance, double step) {
  GradientTape tape;
  for (const Tensor& input : inputs) tape.watch(input);
  const Tensor output = f(inputs);
  const Tensor weights = varied(output.shape(), 77);
  const Tensors gradients = tape.gradient(output, inputs, weights);
  const GradientTape::Pause no_tape;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    ASSERT_EQ(gradients[k].shape(), inputs[k].shape());
    for (std::int64_t i = 0; i < inputs[k].num_elements(); ++i) {
      const auto shifted = [&](double by) {
        Tensors moved = inputs;
        moved[k] = moved[k].clone();
        moved[k].mutable_data<double>()[i] += by;
        return weighted_sum(f(moved), weights);
      };
      const double want = (shifted(step) - shifted(-step)) / (2 * step);
      EXPECT_NEAR(gradients[k].at(i), want, tolerance * (1 + std::abs(want)))
          << "input " << k << ", element " << i;
    }
  }
}

void expect_second_derivatives_match_finite_differences(const std::function<Tensor(const Tensors&)>& f,
                                                        const Tensors& inputs, double tolerance,
                                                        double step) {
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const auto gradient = [&](const Tensors& at) {
      GradientTape tape;
      tape.watch(at[k]);
      const Tensor output = f(at);
      return tape.gradient(output, {at[k]}, varied(output.shape(), 78))[0];
    };
    SCOPED_TRACE("derivatives of the gradient of input " + std::to_string(k));
    expect_gradients_match_finite_differences(gradient, inputs, tolerance, step);
  }
}

void expect_same_bits_for_any_thread_count(const std::function<Tensors()>& f) {
  const int before = num_threads();
  set_num_threads(1);
  const Tensors want = f();
  for (const int threads : {2, 3, 8}) {
    set_num_threads(threads);
    const Tensors got = f();
    SCOPED_TRACE(std::to_string(threads) + " threads");
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) expect_same_bits(got[i], want[i]);
  }
  set_num_threads(before);
}

}  // namespace sepal::testing
