// The formulas of metrics that are no losses (keras.metrics, functions in snake_case). Not differentiable.
// Accuracies are 1 where a prediction is right, 0 where it is not, in float32.
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::metrics {

/// y_true == y_pred, element by element.
Tensor accuracy(const Tensor& y_true, const Tensor& y_pred);
/// y_true == (y_pred > threshold), element by element.
Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold = 0.5);
/// y_true and y_pred (..., classes); result (...).
Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);
/// y_true (...) or (..., 1), class numbers; y_pred (..., classes); result (...).
Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);
/// Whether fewer than k classes have a larger prediction than the true one.
Tensor top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, std::int64_t k = 5);
/// With from_sorted_ids, y_pred lists class numbers, best first.
Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, std::int64_t k = 5,
                                         bool from_sorted_ids = false);

/// Pearson's r of targets and predictions along `axis`.
Tensor pearson_correlation(const Tensor& y_true, const Tensor& y_pred, std::int64_t axis = -1);
/// Lin's coefficient of concordance along `axis`, by the formula of Keras 3.15 (whose covariance takes the
/// targets' distance from the mean of the predictions).
Tensor concordance_correlation(const Tensor& y_true, const Tensor& y_pred, std::int64_t axis = -1);

}  // namespace sepal::metrics
