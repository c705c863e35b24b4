#include "sepal/ops/matmul.h"

#include <fmt/format.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/kernels/matmul.h"
#include "sepal/kernels/onednn.h"
#include "sepal/ops/array.h"
#include "sepal/ops/channel_sum.h"
#include "sepal/ops/conv_geometry.h"
#include "sepal/ops/half.h"
#include "sepal/ops/implementations.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

// The sizes of a product, and the shape of its result.
struct Product {
  kernels::MatmulSizes sizes;
  Shape shape;
};

Product product_of(const char* op, const char* b_name, const Tensor& a, const Tensor& b, bool transpose_a,
                   bool transpose_b) {
  if (a.rank() < 1 || b.rank() != 2 || (transpose_a && a.rank() != 2)) {
    throw ValueError(
        fmt::format("{}: expected a matrix as argument `{}`{}. Received: shapes {} and {}", op, b_name,
                    transpose_a ? " and a matrix to transpose" : " and at least one axis to contract",
                    a.shape().str(), b.shape().str()));
  }
  Product product;
  kernels::MatmulSizes& sizes = product.sizes;
  sizes.transpose_a = transpose_a;
  sizes.transpose_b = transpose_b;
  sizes.k = transpose_a ? a.shape()[0] : a.shape().back();
  sizes.m = transpose_a ? a.shape()[1] : a.shape().slice(0, a.rank() - 1).num_elements();
  sizes.n = b.shape()[transpose_b ? 0 : 1];
  if (const std::int64_t b_k = b.shape()[transpose_b ? 1 : 0]; b_k != sizes.k) {
    throw ValueError(
        fmt::format("{}: the contracted lengths must be equal: {} and {}. Received: shapes {}{} and {}{}", op,
                    sizes.k, b_k, a.shape().str(), transpose_a ? " (transposed)" : "", b.shape().str(),
                    transpose_b ? " (transposed)" : ""));
  }
  product.shape = transpose_a ? Shape{sizes.m} : a.shape().slice(0, a.rank() - 1);
  product.shape.push_back(sizes.n);
  return product;
}

Tensor multiply_matrices(const char* op, const Product& product, const Tensor& a, const Tensor& b,
                         const Tensor& bias) {
  Tensor result(product.shape, a.dtype());
  const kernels::MatmulSizes& sizes = product.sizes;
  const bool is_double = a.dtype() == DType::float64;
  const std::size_t chosen = choose_implementation(
      op, {{"onednn", is_double ? kOnlyFloat32 : kernels::onednn::matmul_refusal()}, {"reference", kAccepts}},
      tracing_kernels()
          ? fmt::format("m {} n {} k {}{}{}", sizes.m, sizes.n, sizes.k,
                        sizes.transpose_a ? " a transposed" : "", sizes.transpose_b ? " b transposed" : "")
          : std::string());
  if (is_double) {
    kernels::matmul<double>(sizes, a.data<double>(), b.data<double>(),
                            bias.defined() ? bias.data<double>() : nullptr, result.mutable_data<double>(),
                            kernels::gemm);
  } else {
    const kernels::Gemm<float> reference = kernels::gemm;
    kernels::matmul<float>(sizes, a.data<float>(), b.data<float>(),
                           bias.defined() ? bias.data<float>() : nullptr, result.mutable_data<float>(),
                           chosen == 0 ? kernels::onednn::gemm : reference);
  }
  return result;
}

// All leading axes as rows of one matrix.
Tensor as_matrix(const Tensor& x) {
  if (x.rank() == 2) return x;
  return reshape(x, {x.shape().slice(0, x.rank() - 1).num_elements(), x.shape().back()});
}

Tensor gradient_of_a(const Tensor& b, const Tensor& g, bool transpose_a, bool transpose_b) {
  return transpose_a ? matmul(b, g, transpose_b, true) : matmul(g, b, false, !transpose_b);
}

Tensor gradient_of_b(const Tensor& a, const Tensor& g, bool transpose_a, bool transpose_b) {
  return transpose_b ? matmul(as_matrix(g), as_matrix(a), true, transpose_a)
                     : matmul(as_matrix(a), as_matrix(g), !transpose_a, false);
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  expect_one_computable_dtype("matmul", {{"a", a}, {"b", b}});
  if (is_half(a.dtype())) {
    return in_float32(
        [&](const Tensor& x, const Tensor& y) { return matmul(x, y, transpose_a, transpose_b); }, a, b);
  }
  Tensor result =
      multiply_matrices("matmul", product_of("matmul", "b", a, b, transpose_a, transpose_b), a, b, Tensor());
  if (GradientTape::is_recording({a, b})) {
    const bool needs_a = GradientTape::is_recording({a});
    const bool needs_b = GradientTape::is_recording({b});
    GradientTape::record("matmul", {a, b}, {result}, [=](const Tensors& g) {
      return Tensors{needs_a ? gradient_of_a(b, g[0], transpose_a, transpose_b) : Tensor(),
                     needs_b ? gradient_of_b(a, g[0], transpose_a, transpose_b) : Tensor()};
    });
  }
  return result;
}

Tensor dense(const Tensor& x, const Tensor& kernel, const Tensor& bias) {
  expect_one_computable_dtype("dense", {{"x", x}, {"kernel", kernel}, {"bias", bias}});
  if (is_half(x.dtype())) return in_float32(dense, x, kernel, bias);
  const Product product = product_of("dense", "kernel", x, kernel, false, false);
  expect_bias_shape("dense", bias, product.sizes.n);
  Tensor result = multiply_matrices("dense", product, x, kernel, bias);
  if (GradientTape::is_recording({x, kernel, bias})) {
    const bool needs_x = GradientTape::is_recording({x});
    const bool needs_kernel = GradientTape::is_recording({kernel});
    const bool needs_bias = bias.defined() && GradientTape::is_recording({bias});
    GradientTape::record("dense", {x, kernel, bias}, {result}, [=](const Tensors& g) {
      return Tensors{needs_x ? gradient_of_a(kernel, g[0], false, false) : Tensor(),
                     needs_kernel ? gradient_of_b(x, g[0], false, false) : Tensor(),
                     needs_bias ? channel_sum(g[0], -1) : Tensor()};
    });
  }
  return result;
}

}  // namespace sepal::ops
