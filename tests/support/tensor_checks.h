// What tests ask of tensors: nearness, equal bits, gradients against finite differences.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "sepal/base/tensor.h"

namespace sepal::testing {

/// Same shape and dtype, and |got - want| <= atol + rtol * |want| for every element (NaN equals NaN).
void expect_close(const Tensor& got, const Tensor& want, double rtol, double atol);

/// Same shape, dtype and bits.
void expect_same_bits(const Tensor& got, const Tensor& want);

/// Shape and values, compared within atol + rtol * |want|.
void expect_values(const Tensor& got, const Shape& shape, const std::vector<double>& want,
                   double rtol = 1e-12, double atol = 1e-12);

/// 1, 2, 3, … row-major.
Tensor ramp(const Shape& shape, DType dtype = DType::float64);

/// Smooth values without ties or zeros, all different, of size about 1; another `seed` gives other values.
Tensor varied(const Shape& shape, unsigned seed = 0, DType dtype = DType::float64);

/// Small whole numbers in [-bound, bound], so that sums of products are exact in float32.
Tensor small_integers(const Shape& shape, unsigned seed = 0, DType dtype = DType::float32, int bound = 4);

/// Compares the tape's gradient of a weighted sum of f's outputs with central differences for every element
/// of every input. Inputs are float64.
void expect_gradients_match_finite_differences(const std::function<Tensor(const Tensors&)>& f,
                                               const Tensors& inputs, double tolerance = 1e-6,
                                               double step = 1e-5);

/// The same comparison for the gradients of f themselves: its second derivatives.
void expect_second_derivatives_match_finite_differences(const std::function<Tensor(const Tensors&)>& f,
                                                        const Tensors& inputs, double tolerance = 1e-6,
                                                        double step = 1e-5);

/// f() has the same bits with 1, 2, 3 and 8 threads.
void expect_same_bits_for_any_thread_count(const std::function<Tensors()>& f);

}  // namespace sepal::testing
