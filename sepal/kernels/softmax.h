// Softmax and cross-entropy of rows: x (rows, n), contiguous. T: float, double. Sums are taken in double, in
// the order of the elements.
#pragma once

#include <cstdint>

namespace sepal::kernels {

struct RowSizes {
  std::int64_t rows;
  std::int64_t n;
};

/// y = exp(x - max) / sum.
template <class T>
void softmax(const RowSizes& sizes, const T* x, T* y);

/// dx = y (g - sum(y g)).
template <class T>
void softmax_gradient(const RowSizes& sizes, const T* y, const T* g, T* dx);

/// y = x - log(sum(exp(x))).
template <class T>
void log_softmax(const RowSizes& sizes, const T* x, T* y);

/// dx = g - exp(y) sum(g).
template <class T>
void log_softmax_gradient(const RowSizes& sizes, const T* y, const T* g, T* dx);

/// loss (rows) = -log_softmax(x)[label]; labels in [0, n).
template <class T>
void sparse_cross_entropy(const RowSizes& sizes, const T* x, const std::int64_t* labels, T* loss);

/// dx = (softmax(x) - one_hot(label)) g, g (rows).
template <class T>
void sparse_cross_entropy_gradient(const RowSizes& sizes, const T* x, const std::int64_t* labels, const T* g,
                                   T* dx);

/// loss (rows) = -sum(target log_softmax(x)), target (rows, n).
template <class T>
void cross_entropy(const RowSizes& sizes, const T* x, const T* target, T* loss);

/// dx = (softmax(x) - target) g, g (rows).
template <class T>
void cross_entropy_gradient(const RowSizes& sizes, const T* x, const T* target, const T* g, T* dx);

}  // namespace sepal::kernels
