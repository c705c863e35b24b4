// The area under a curve of a classifier (keras.metrics.AUC), from its counts at many thresholds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sepal/base/keras_config.h"
#include "sepal/train/metrics/typed_metric.h"

namespace sepal::metrics {

/// Weights of labels. Keras writes them as a tensor; a list is read, too.
struct LabelWeights {
  std::vector<double> values = {};
};
void config_put(Json& out, const char* key, const LabelWeights& weights);
void config_get(const Json& in, const ConfigField& field, LabelWeights& weights);

struct AUCOptions {
  /// Evenly between 0 and 1.
  std::int64_t num_thresholds = 200;
  /// "ROC" (recall over false positives), "PR" (precision over recall) or "PRGAIN"; in lower case, too.
  std::string curve = "ROC";
  /// "interpolation", "minoring" or "majoring".
  std::string summation_method = "interpolation";
  std::string name = "auc";
  std::string dtype = std::string(name_of(floatx()));
  /// Thresholds in [0, 1] instead of `num_thresholds`.
  std::vector<double> thresholds = {};
  /// An area for each entry of the last axis; the result is their (weighted) mean.
  bool multi_label = false;
  std::optional<std::int64_t> num_labels = {};
  LabelWeights label_weights = {};
  /// Takes the sigmoid of predictions.
  bool from_logits = false;
  static constexpr const char* kName = "AUC";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("num_thresholds", o.num_thresholds);
    v("curve", o.curve);
    v("summation_method", o.summation_method);
    v("multi_label", o.multi_label);
    v("num_labels", o.num_labels);
    v("label_weights", o.label_weights);
    v("from_logits", o.from_logits);
    if (!std::is_const_v<Self> || !o.thresholds.empty()) v("thresholds", o.thresholds);
  }
};

class AUC : public Metric {
 public:
  /// @throws ValueError if a threshold, the curve or the method is none that Keras knows.
  explicit AUC(AUCOptions options = {});
};

}  // namespace sepal::metrics
