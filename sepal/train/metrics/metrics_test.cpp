#include "sepal/train/metrics/metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "tests/support/loss_examples.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/written_config.h"

namespace sepal {
namespace {

using testing::written;

// Values below are what Keras 3.15 computes in float64.
using testing::kBits;
using testing::kLabels;
using testing::kLogits;
using testing::kProbabilities;
using testing::kShares;
using testing::kWeights;

// After an update with everything, then after one more with the first two rows.
void expect_results(Metric metric, const Tensor& y_true, const Tensor& y_pred, double first, double second,
                    const Tensor& weight = {}) {
  SCOPED_TRACE(metric.name());
  metric.update_state(y_true, y_pred, weight);
  EXPECT_NEAR(metric.result(), first, 1e-9);
  metric.update_state(y_true.rows(0, 2), y_pred.rows(0, 2));
  EXPECT_NEAR(metric.result(), second, 1e-9);
  metric.reset_state();
  EXPECT_EQ(metric.result(), 0.0);
}

TEST(Metrics, AreThoseOfKeras) {
  using namespace metrics;
  expect_results(Accuracy(), Tensor::from({1., 2., 3., 4.}, {4}), Tensor::from({1., 2., 0., 4.}, {4}), 0.75,
                 0.8333333333333334);
  expect_results(BinaryAccuracy({.threshold = 0.4}), kBits, kProbabilities, 0.3333333333333333,
                 0.27777777777777773);
  expect_results(CategoricalAccuracy(), kShares, kProbabilities, 0.5, 0.5);
  expect_results(SparseCategoricalAccuracy(), kLabels, kProbabilities, 0.75, 0.6666666666666666);
  expect_results(SparseCategoricalAccuracy(), kLabels.reshaped({4, 1}), kProbabilities, 0.75,
                 0.6666666666666666);
  expect_results(TopKCategoricalAccuracy({.k = 2}), kShares, kProbabilities, 0.75, 0.8333333333333334);
  expect_results(SparseTopKCategoricalAccuracy({.k = 2}), kLabels, kProbabilities, 0.75, 0.6666666666666666);
  const Tensor ids = Tensor::from({2., 1., 0., 1., 2., 0., 0., 1., 2., 0., 1., 2.}, {4, 3});
  expect_results(SparseTopKCategoricalAccuracy({.k = 2, .from_sorted_ids = true}), kLabels, ids, 0.75,
                 0.6666666666666666);
  expect_results(MeanSquaredError(), kShares, kProbabilities, 0.13458333333333333, 0.16666666666666666);
  expect_results(RootMeanSquaredError(), kShares, kProbabilities, 0.36685601171758564, 0.408248290463863);
  expect_results(MeanAbsoluteError(), kShares, kProbabilities, 0.24166666666666667, 0.26666666666666666);
  expect_results(CosineSimilarity(), kShares, kProbabilities, 0.7309882051257565, 0.6818409593137162);
  // Without the float32 rounding of log 2 that Keras has in float64, too: 1.905e-9.
  expect_results(LogCoshError(), kShares, kLogits, 0.6696058775905253 + 1.905e-9,
                 0.7213292290069165 + 1.905e-9);
  expect_results(BinaryCrossentropy({.label_smoothing = 0.1}), kBits, kProbabilities, 1.179524223983229,
                 1.2196482394189867);
  expect_results(CategoricalCrossentropy({.from_logits = true}), kShares, kLogits, 1.3413331571054545,
                 1.5997613393609331);
  expect_results(SparseCategoricalCrossentropy({.from_logits = true}), kLabels, kLogits, 1.9163331571054545,
                 2.395594672694266);
  expect_results(Hinge(), kBits, kLogits, 1.1166666666666667, 1.05);
}

TEST(Metrics, WeighSamplesAsKerasDoes) {
  using namespace metrics;
  expect_results(BinaryAccuracy(), kBits, kProbabilities, 0.23809523809523808, 0.2121212121212121, kWeights);
  expect_results(SparseCategoricalAccuracy(), kLabels, kProbabilities, 0.7142857142857143, 0.6363636363636364,
                 kWeights);
  expect_results(RootMeanSquaredError(), kShares, kProbabilities, 0.3105295017040594, 0.3811863459031951,
                 kWeights);
  const SparseCategoricalCrossentropy ignoring{.from_logits = true, .ignore_class = 0};
  expect_results(ignoring, kLabels, kLogits, 1.147869058303107, 1.0091118077424244, kWeights);
  expect_results(ignoring, kLabels, kLogits, 0.6306948798390153, 0.6874552305264773);
}

TEST(Metrics, AverageOverPositionsWithinASample) {
  Metric metric = metrics::SparseCategoricalAccuracy();
  const Tensor labels = kLabels.reshaped({2, 2});
  const Tensor predictions = kProbabilities.reshaped({2, 2, 3});
  metric.update_state(labels, predictions);
  EXPECT_NEAR(metric.result(), 0.75, 1e-12);
  metric.update_state(labels, predictions, Tensor::from({1.0, 3.0}, {2}));
  EXPECT_NEAR(metric.result(), 0.8333333333333334, 1e-12);
  metric.reset_state();
  metric.update_state(labels, predictions, kWeights.reshaped({2, 2}));
  EXPECT_NEAR(metric.result(), 0.7142857142857143, 1e-12);
}

TEST(Metrics, MasksOfPredictionsLeaveTheMean) {
  Metric metric = "sparse_categorical_accuracy";
  metric.update_state(kLabels, kProbabilities, {}, Tensor::from<bool>({true, true, false, false}, {4}));
  EXPECT_EQ(metric.result(), 0.5);
}

TEST(Mean, WeighsValuesOfAnyRank) {
  metrics::Mean mean;
  EXPECT_EQ(mean.result(), 0.0);
  mean.update_state(kShares);
  EXPECT_NEAR(mean.result(), 0.3333333333333333, 1e-12);
  mean.update_state(kShares, kWeights);
  mean.update_state(Tensor::scalar(3.0));
  EXPECT_NEAR(mean.result(), 0.6470588235294118, 1e-12);
  mean.update_state(kShares, kBits);
  EXPECT_NEAR(mean.result(), 0.5888888888888889, 1e-12);
  mean.reset_state();
  mean.add(2.0, 3.0);
  mean.add(6.0);
  EXPECT_EQ(mean.result(), 3.0);
}

TEST(Sum, AddsAllElements) {
  metrics::Sum sum;
  sum.update_state(kShares);
  EXPECT_NEAR(sum.result(), 4.0, 1e-12);
  sum.update_state(kShares, kWeights);
  EXPECT_NEAR(sum.result(), 7.5, 1e-12);
  sum.reset_state();
  EXPECT_EQ(sum.result(), 0.0);
}

TEST(Metric, AccuracyDependsOnTheShapes) {
  Metric sparse = "accuracy";
  sparse.update_state(kLabels, kProbabilities);
  EXPECT_EQ(sparse.result(), 0.75);
  Metric one_hot = "acc";
  one_hot.update_state(kShares, kProbabilities);
  EXPECT_EQ(one_hot.result(), 0.5);
  Metric binary = "Accuracy";
  binary.update_state(Tensor::from({1.0, 0.0}, {2, 1}), Tensor::from({0.7, 0.6}, {2, 1}));
  EXPECT_EQ(binary.result(), 0.5);
  EXPECT_EQ(sparse.name(), "accuracy");
  EXPECT_EQ(one_hot.name(), "acc");
  Metric entropy = "crossentropy";
  entropy.update_state(kLabels.rows(0, 1), kProbabilities.rows(0, 1));
  EXPECT_NEAR(entropy.result(), 2.3025850929940455, 1e-9);
}

TEST(Metric, TopKCountsTiesForTheTrueClass) {
  Metric metric = metrics::SparseTopKCategoricalAccuracy({.k = 1});
  metric.update_state(Tensor::from<std::int64_t>({1, 5}, {2}),
                      Tensor::from({0.5, 0.5, 0.1, 0.2, 0.3, 0.4}, {2, 3}));
  EXPECT_EQ(metric.result(), 0.5);
}

TEST(Metric, KnowsWhichWayIsBetter) {
  EXPECT_EQ(Metric("accuracy").direction(), Direction::up);
  EXPECT_EQ(Metric("top_k_categorical_accuracy").direction(), Direction::up);
  EXPECT_EQ(Metric("mae").direction(), Direction::down);
  EXPECT_EQ(Metric("crossentropy").direction(), Direction::down);
  const Metric own = [](const Tensor& y_true, const Tensor&) { return y_true; };
  EXPECT_EQ(own.direction(), std::nullopt);
}

TEST(Metric, ANamedOneGetsAStateOfItsOwnForEachModel) {
  Metric named = "mae";
  Metric object = metrics::MeanAbsoluteError();
  for (Metric* metric : {&named, &object}) metric->update_state(kShares, kLogits);
  EXPECT_EQ(named.for_compile().result(), 0.0);
  EXPECT_EQ(object.for_compile().result(), object.result());
  EXPECT_GT(object.result(), 0.0);
}

TEST(Metric, RefusesShapesThatDoNotFit) {
  EXPECT_THROW(Metric("sparse_categorical_accuracy").update_state(kLabels, kProbabilities.rows(0, 2)),
               ValueError);
  EXPECT_THROW(Metric("categorical_accuracy").update_state(kShares, kProbabilities.rows(0, 2)), ValueError);
  EXPECT_THROW(Metric("binary_accuracy").update_state(kLabels, kProbabilities), ValueError);
  EXPECT_THROW(Metric("foo"), ValueError);
  EXPECT_THROW(Metric().result(), RuntimeError);
}

Metric read_metric(const char* text) {
  Metric metric;
  config_get(Json::parse(text), {"compile_config", "metrics"}, metric);
  return metric;
}

TEST(Metric, WritesNamesAsGivenAndObjectsAsEnvelopes) {
  EXPECT_EQ(written<Metric>("accuracy"), "accuracy");
  EXPECT_EQ(written<Metric>(metrics::SparseCategoricalAccuracy()).dump(),
            R"({"module":"keras.metrics","class_name":"SparseCategoricalAccuracy","config":)"
            R"({"name":"sparse_categorical_accuracy","dtype":"float32"},"registered_name":null})");
  EXPECT_EQ(written<Metric>(metrics::BinaryAccuracy())["config"].dump(),
            R"({"name":"binary_accuracy","dtype":"float32","threshold":0.5})");
  EXPECT_EQ(written<Metric>(metrics::SparseTopKCategoricalAccuracy())["config"].dump(),
            R"({"name":"sparse_top_k_categorical_accuracy","dtype":"float32","k":5})");
  EXPECT_EQ(written<Metric>(metrics::SparseCategoricalCrossentropy())["config"].dump(),
            R"({"name":"sparse_categorical_crossentropy","dtype":"float32","from_logits":false,)"
            R"("ignore_class":null,"axis":-1})");
}

TEST(Metric, ReadsEveryDialect) {
  EXPECT_EQ(read_metric(R"("acc")").name(), "acc");
  const Metric object =
      read_metric(R"({"module":"keras.metrics","class_name":"RootMeanSquaredError","config":)"
                  R"({"name":"r","dtype":"float32"},"registered_name":null})");
  EXPECT_EQ(object.name(), "r");
  EXPECT_EQ(written<Metric>(object)["class_name"], "RootMeanSquaredError");
  const Metric wrapper =
      read_metric(R"({"class_name":"MeanMetricWrapper","config":{"name":"accuracy","dtype":"float32",)"
                  R"("fn":"sparse_categorical_accuracy"}})");
  EXPECT_EQ(wrapper.name(), "accuracy");
  EXPECT_EQ(written<Metric>(wrapper)["class_name"], "SparseCategoricalAccuracy");
  EXPECT_FALSE(read_metric("null"));
}

class Largest final : public MetricBase {
 public:
  Largest() : MetricBase("largest") {}
  void update_state(const Tensor&, const Tensor& y_pred, const Tensor&, const Tensor&) override {
    largest_ = std::max(largest_, ops::max(y_pred).item());
  }
  double result() const override { return largest_; }
  void reset_state() override { largest_ = 0.0; }
  void put(Json& out, const char* key) const override { put_function_identifier(out, key, "largest"); }

 private:
  double largest_ = 0.0;
};

TEST(Metric, TakesFunctionsAndClassesOfTheUsers) {
  Metric function = [](const Tensor& y_true, const Tensor&) { return y_true; };
  function.update_state(kWeights, kWeights);
  EXPECT_EQ(function.result(), 0.875);
  EXPECT_THROW(written<Metric>(function), ValueError);
  Metric object = std::make_shared<Largest>();
  object.update_state({}, kLogits);
  EXPECT_EQ(object.result(), 4.0);
  EXPECT_EQ(object.name(), "largest");
}

struct Bias {
  double scale = 1.0;
  static constexpr const char* kName = "Bias";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("scale", o.scale);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return ops::multiply(ops::subtract(y_pred, y_true), scale);
  }
};

TEST(Metric, KnowsAClassOfTheUsersThatIsRegistered) {
  register_metric<Bias>("my_package");
  const Json json = written<Metric>(Bias{.scale = 2.0});
  EXPECT_EQ(json["registered_name"], "my_package>Bias");
  Metric read_back = read_metric(json.dump().c_str());
  read_back.update_state(Tensor::from({1.0, 2.0}, {2}), Tensor::from({2.0, 2.5}, {2}));
  EXPECT_EQ(read_back.result(), 1.5);
}

}  // namespace
}  // namespace sepal
