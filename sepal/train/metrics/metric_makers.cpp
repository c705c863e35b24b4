#include "sepal/train/metrics/metric_makers.h"

#include <map>

#include "sepal/train/metrics/metrics.h"

namespace sepal {
namespace {

template <class Handle, class Options>
Metric make_metric(const Json& config, const std::string& owner) {
  return Handle(read_object<Options>(&config, owner, {}));
}

std::map<std::string, Metric::Make>& metric_makers() {
  using namespace metrics;
  static std::map<std::string, Metric::Make> makers = [] {
    std::map<std::string, Metric::Make> rows;
    const auto add = [&]<class Handle, class Options>(const char* snake_name) {
      rows[Options::kName] = rows[snake_name] = make_metric<Handle, Options>;
    };
    add.operator()<AUC, AUCOptions>("auc");
    add.operator()<BinaryIoU, BinaryIoUOptions>("binary_io_u");
    add.operator()<F1Score, F1ScoreOptions>("f1_score");
    add.operator()<FBetaScore, FBetaScoreOptions>("f_beta_score");
    add.operator()<FalseNegatives, FalseNegativesOptions>("false_negatives");
    add.operator()<FalsePositives, FalsePositivesOptions>("false_positives");
    add.operator()<IoU, IoUOptions>("io_u");
    add.operator()<MeanIoU, MeanIoUOptions>("mean_io_u");
    add.operator()<OneHotIoU, OneHotIoUOptions>("one_hot_io_u");
    add.operator()<OneHotMeanIoU, OneHotMeanIoUOptions>("one_hot_mean_io_u");
    add.operator()<Precision, PrecisionOptions>("precision");
    add.operator()<PrecisionAtRecall, PrecisionAtRecallOptions>("precision_at_recall");
    add.operator()<R2Score, R2ScoreOptions>("r2_score");
    add.operator()<Recall, RecallOptions>("recall");
    add.operator()<RecallAtPrecision, RecallAtPrecisionOptions>("recall_at_precision");
    add.operator()<SensitivityAtSpecificity, SensitivityAtSpecificityOptions>("sensitivity_at_specificity");
    add.operator()<SpecificityAtSensitivity, SpecificityAtSensitivityOptions>("specificity_at_sensitivity");
    add.operator()<TrueNegatives, TrueNegativesOptions>("true_negatives");
    add.operator()<TruePositives, TruePositivesOptions>("true_positives");
    return rows;
  }();
  return makers;
}

}  // namespace

const Metric::Make* find_metric_maker(const std::string& name) {
  const auto found = metric_makers().find(name);
  return found == metric_makers().end() ? nullptr : &found->second;
}

void Metric::add(const std::string& class_name, Make make) { metric_makers()[class_name] = std::move(make); }

}  // namespace sepal
