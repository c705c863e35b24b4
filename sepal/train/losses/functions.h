// The formulas of losses (keras.losses, functions in snake_case): targets and predictions in, one value per
// sample out: the last axis is averaged or summed away. Formulas of Keras 3.15; differentiable in y_pred.
// y_true is converted to the dtype of y_pred; a last axis of length 1 may be missing in one of the two.
#pragma once

#include <optional>

#include "sepal/base/config.h"
#include "sepal/base/number_or_list.h"
#include "sepal/base/tensor.h"
#include "sepal/train/losses/loss_values.h"

namespace sepal::losses {

/// mean (t - p)².
Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);
/// mean |t - p|.
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);
/// 100 * mean |t - p| / max(|t|, epsilon).
Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred);
/// mean (log(max(p, epsilon) + 1) - log(max(t, epsilon) + 1))².
Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred);
/// Minus the cosine of the angle between t and p along `axis`.
Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, std::int64_t axis = -1);
/// mean of e²/2 where |e| <= delta, delta |e| - delta²/2 elsewhere; e = p - t.
Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta = 1.0);
/// mean log cosh(p - t).
Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred);
/// sum t log(t / p), both clipped to [epsilon, 1].
Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred);
/// mean p - t log(p + epsilon).
Tensor poisson(const Tensor& y_true, const Tensor& y_pred);
/// mean max(1 - t p, 0); targets that are all 0 or 1 are read as -1 and 1.
Tensor hinge(const Tensor& y_true, const Tensor& y_pred);
/// mean max(1 - t p, 0)².
Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred);
/// max(max (1 - t) p - sum t p + 1, 0).
Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred);

/// Label smoothing moves targets by its amount toward 0.5.
Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                           double label_smoothing = 0.0, std::int64_t axis = -1);
/// Label smoothing moves targets by its amount toward 1 / classes. `axis` holds the classes.
Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                                double label_smoothing = 0.0, std::int64_t axis = -1);
/// y_true holds class numbers. Samples of class `ignore_class` give 0 and are masked.
LossValues sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred,
                                           bool from_logits = false,
                                           std::optional<std::int64_t> ignore_class = std::nullopt,
                                           std::int64_t axis = -1);

/// Cross-entropy that counts the less the surer a right prediction p is, by (1 - p)^gamma (Lin et al. 2018).
/// With class balancing the targets of 1 weigh alpha, those of 0 weigh 1 - alpha.
Tensor binary_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred,
                                 bool apply_class_balancing = false, double alpha = 0.25, double gamma = 2.0,
                                 bool from_logits = false, double label_smoothing = 0.0,
                                 std::int64_t axis = -1);
/// The same over classes, weighted by `alpha`: a number, or one for each class (the last axis).
Tensor categorical_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred,
                                      const NumberOrList& alpha = 0.25, double gamma = 2.0,
                                      bool from_logits = false, double label_smoothing = 0.0,
                                      std::int64_t axis = -1);
/// (1 - p^q) / q of the true class's probability p, 0 < q < 1 (Zhang and Sabuncu 2018). y_true holds class
/// numbers.
Tensor categorical_generalized_cross_entropy(const Tensor& y_true, const Tensor& y_pred, double q);
/// 1 - 2 sum t p / (sum t + sum p), sums over `axis`, or over everything without it.
Tensor dice(const Tensor& y_true, const Tensor& y_pred, const std::optional<IntTuple>& axis = std::nullopt);
/// 1 - s / (s + alpha sum t (1 - p) + beta sum p (1 - t)) with s = sum t p (Salehi et al. 2017).
Tensor tversky(const Tensor& y_true, const Tensor& y_pred, double alpha = 0.5, double beta = 0.5,
               const std::optional<IntTuple>& axis = std::nullopt);
/// Circle loss (Sun et al. 2020) of embeddings y_pred (n, d) of length 1 with labels y_true (n,) or (n, 1):
/// distances are 1 minus the cosine. Samples whose loss is 0 are masked.
LossValues circle(const Tensor& y_true, const Tensor& y_pred, bool remove_diagonal = true,
                  double gamma = 80.0, double margin = 0.4);

}  // namespace sepal::losses
