#include "sepal/train/losses/losses.h"

#include <gtest/gtest.h>

#include <cmath>
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

// The options of an object, with no reduction.
template <class Object>
Loss unreduced(Object object) {
  object.reduction = "none";
  return object;
}

void expect_values(const Loss& loss, const Tensor& y_true, const Tensor& y_pred,
                   const std::vector<double>& want, double atol = 1e-12) {
  SCOPED_TRACE(loss.name());
  testing::expect_values(loss(y_true, y_pred), {static_cast<std::int64_t>(want.size())}, want, 1e-9, atol);
}

TEST(Losses, OfDistancesAreThoseOfKeras) {
  using namespace losses;
  expect_values(unreduced(MeanSquaredError()), kShares, kProbabilities,
                {0.006666666666666664, 0.455, 0.051666666666666666, 0.024999999999999998});
  expect_values(unreduced(MeanAbsoluteError()), kShares, kProbabilities,
                {0.06666666666666665, 0.5666666666666667, 0.20000000000000004, 0.13333333333333333});
  expect_values(unreduced(MeanAbsolutePercentageError()), kShares, kProbabilities,
                {21.428571428571423, 283333361.66666675, 60.0, 100000003.33333333});
  expect_values(unreduced(MeanSquaredLogarithmicError()), kShares, kProbabilities,
                {0.003360726607365652, 0.21803624602730942, 0.028190819635046858, 0.018268157425068137});
  expect_values(unreduced(CosineSimilarity()), kShares, kProbabilities,
                {-0.9831511335337818, -0.18394180184548972, -0.7947194142390265, -0.9621404708847279});
  expect_values(unreduced(CosineSimilarity{.axis = 0}), kShares, kProbabilities,
                {-0.7424760797996618, -0.6999743686766251, -0.7771555455002405});
  expect_values(unreduced(Huber()), kShares, kLogits, {0.50375, 1.34375, 0.0775, 1.0416666666666667});
  expect_values(unreduced(Huber{.delta = 0.5}), kShares, kLogits,
                {0.33708333333333335, 0.7604166666666666, 0.07708333333333335, 0.625});
  // Keras subtracts log 2 as a float32, which is 2e-9 too large.
  expect_values(unreduced(LogCosh()), kShares, kLogits,
                {0.4277981803987827, 1.221753683280616, 0.07446370124766022, 0.9544079454350424}, 3e-9);
}

TEST(Losses, OfProbabilitiesAreThoseOfKeras) {
  using namespace losses;
  expect_values(unreduced(KLDivergence()), kShares, kProbabilities,
                {0.026812454257447993, 1.8971170831543336, 0.23927818159860256, 0.10535773024135961});
  expect_values(unreduced(Poisson()), kShares, kProbabilities,
                {0.6095435744891743, 0.9657064394064788, 0.7596661897017561, 0.43512013484890716});
  expect_values(unreduced(BinaryCrossentropy()), kBits, kProbabilities,
                {1.4742828763980456, 1.185950397235844, 0.8864200123109259, 1.2467242495004955});
  expect_values(unreduced(BinaryCrossentropy{.from_logits = true, .label_smoothing = 0.2}), kBits, kLogits,
                {0.4921432273472342, 1.179128789577205, 0.6189635913078967, 1.5184961998720468});
  expect_values(unreduced(BinaryCrossentropy{.axis = 0}), kBits, kProbabilities,
                {1.6813584305470457, 0.889462797926883, 1.0242119231100548});
  expect_values(unreduced(CategoricalCrossentropy()), kShares, kProbabilities,
                {0.8286310068007849, 1.897119984885881, 1.2789989524385206, 0.28768207245178107});
  expect_values(unreduced(CategoricalCrossentropy{.from_logits = true, .label_smoothing = 0.1}), kShares,
                kLogits, {1.832785197136135, 2.3729502106076446, 1.0983276555532593, 0.31960289845811246});
  expect_values(unreduced(CategoricalCrossentropy{.from_logits = true, .axis = 0}), kShares, kLogits,
                {2.619438061994905, 2.4001011446753773, 1.1587879922228126});
  expect_values(unreduced(SparseCategoricalCrossentropy()), kLabels, kProbabilities,
                {2.3025850929940455, 0.22314355131420976, 0.6931471805599453, 0.287682072451781});
  expect_values(unreduced(SparseCategoricalCrossentropy{.from_logits = true}), kLabels, kLogits,
                {1.6019518638028019, 5.106283543940978, 0.9208276555532594, 0.03626956512477912});
}

TEST(Losses, OfMarginsReadZeroAndOneAsMinusAndPlusOne) {
  using namespace losses;
  expect_values(unreduced(Hinge()), kBits, kLogits,
                {0.4166666666666667, 1.4166666666666667, 0.8000000000000002, 1.8333333333333333});
  expect_values(unreduced(Hinge()), kShares, kLogits,
                {1.0083333333333333, 0.75, 0.9916666666666666, 0.6666666666666666});
  expect_values(unreduced(SquaredHinge()), kBits, kLogits,
                {0.2708333333333333, 5.354166666666667, 0.6466666666666667, 8.416666666666666});
  expect_values(unreduced(CategoricalHinge()), kBits, kLogits, {0.0, 3.25, 0.7, 4.5});
}

TEST(Losses, ReduceAsKerasDoes) {
  const auto reduced = [](const char* reduction, const Tensor& weight) {
    return Loss(losses::MeanSquaredError({.reduction = reduction}))(kShares, kProbabilities, weight);
  };
  const Tensor column = kWeights.reshaped({4, 1});
  EXPECT_NEAR(reduced("sum_over_batch_size", {}).item(), 0.13458333333333333, 1e-15);
  EXPECT_NEAR(reduced("sum_over_batch_size", kWeights).item(), 0.084375, 1e-15);
  EXPECT_NEAR(reduced("sum_over_batch_size", column).item(), 0.084375, 1e-15);
  EXPECT_NEAR(reduced("sum", kWeights).item(), 0.3375, 1e-15);
  EXPECT_NEAR(reduced("mean", kWeights).item(), 0.084375, 1e-15);
  EXPECT_NEAR(reduced("mean_with_sample_weight", kWeights).item(), 0.09642857142857143, 1e-15);
  EXPECT_NEAR(reduced("mean_with_sample_weight", {}).item(), 0.13458333333333333, 1e-15);
  testing::expect_values(reduced("none", kWeights), {4},
                         {0.006666666666666664, 0.2275, 0.10333333333333333, 0.0}, 1e-9);
  const Tensor positions =
      Loss("mse")(kShares.reshaped({2, 2, 3}), kProbabilities.reshaped({2, 2, 3}), kWeights.reshaped({2, 2}));
  EXPECT_NEAR(positions.item(), 0.084375, 1e-15);
  EXPECT_THROW(Loss(losses::MeanSquaredError({.reduction = "average"})), ValueError);
}

TEST(Losses, IgnoredClassesLeaveTheMean) {
  const auto reduced = [](const char* reduction, std::int64_t ignored, const Tensor& weight) {
    const Loss loss = losses::SparseCategoricalCrossentropy(
        {.from_logits = true, .ignore_class = ignored, .reduction = reduction});
    return loss(ignored == 0 ? kLabels : Tensor::from<std::int64_t>({2, -1, 1, -1}, {4, 1}), kLogits, weight);
  };
  EXPECT_NEAR(reduced("sum_over_batch_size", 0, {}).item(), 1.2613897596780306, 1e-12);
  EXPECT_NEAR(reduced("sum_over_batch_size", -1, {}).item(), 1.2613897596780306, 1e-12);
  EXPECT_NEAR(reduced("sum_over_batch_size", 0, kWeights).item(), 1.7218035874546604, 1e-12);
  EXPECT_NEAR(reduced("sum", 0, {}).item(), 2.522779519356061, 1e-12);
  EXPECT_NEAR(reduced("sum", 0, kWeights).item(), 3.443607174909321, 1e-12);
  EXPECT_NEAR(reduced("mean_with_sample_weight", 0, kWeights).item(), 1.147869058303107, 1e-12);
  testing::expect_values(reduced("none", 0, {}), {4}, {1.6019518638028019, 0.0, 0.9208276555532594, 0.0});
}

TEST(Losses, MasksOfPredictionsLeaveTheMean) {
  const Tensor mask = Tensor::from<bool>({true, false, true, false}, {4});
  const Loss mse = "mse";
  EXPECT_NEAR(mse(kShares, kProbabilities, {}, mask).item(), (0.02 / 3 + 0.155 / 3) / 2, 1e-12);
  const Tensor none = Tensor::zeros({4}, DType::boolean);
  EXPECT_EQ(mse(kShares, kProbabilities, {}, none).item(), 0.0);
}

TEST(Losses, AcceptAMissingLastAxisInOneArgument) {
  const Tensor flat = Tensor::from({1.0, 2.0, 3.0}, {3});
  const Tensor column = Tensor::from({1.5, 2.5, 2.0}, {3, 1});
  EXPECT_NEAR(Loss("mse")(flat, column).item(), 0.5, 1e-15);
  EXPECT_NEAR(Loss("mse")(column, flat).item(), 0.5, 1e-15);
}

TEST(Losses, ConvertTargetsToThePredictionsDtype) {
  const Tensor labels = Tensor::from<std::uint8_t>({1, 0}, {2, 1});
  const Tensor predictions = Tensor::from<float>({0.5F, 0.25F}, {2, 1});
  const Tensor loss = Loss("mse")(labels, predictions);
  EXPECT_EQ(loss.dtype(), DType::float32);
  EXPECT_EQ(loss.item(), 0.15625);
}

TEST(Losses, CrossentropyDependsOnTheShapes) {
  const Loss loss = "crossentropy";
  const Tensor one = kProbabilities.rows(0, 1);
  EXPECT_NEAR(loss(Tensor::from<std::int64_t>({2}, {1}), one).item(), 2.3025850929940455, 1e-9);
  EXPECT_NEAR(loss(Tensor::from<std::int64_t>({2}, {1, 1}), one).item(), 2.3025850929940455, 1e-9);
  EXPECT_NEAR(loss(kShares.rows(0, 1), one).item(), 0.8286310068007849, 1e-9);
  EXPECT_NEAR(loss(Tensor::from({1.0}, {1, 1}), Tensor::from({0.5}, {1, 1})).item(), std::log(2.0), 1e-6);
}

TEST(Losses, GradientsMatchFiniteDifferences) {
  using namespace losses;
  const auto check = [](const Loss& loss, const Tensor& y_true, const Tensor& y_pred) {
    SCOPED_TRACE(loss.name());
    testing::expect_gradients_match_finite_differences(
        [&](const Tensors& in) { return loss(y_true, in[0], kWeights); }, {y_pred});
  };
  const Tensor positive = ops::add(kProbabilities, 0.0);
  for (const Loss& loss : {Loss(MeanSquaredError()), Loss(MeanAbsoluteError()), Loss(Huber()),
                           Loss(LogCosh()), Loss(CosineSimilarity())}) {
    check(loss, kShares, kLogits);
  }
  check(MeanSquaredLogarithmicError(), kShares, positive);
  check(MeanAbsolutePercentageError(), ops::add(kShares, 0.5), positive);
  check(KLDivergence(), kShares, positive);
  check(Poisson(), kShares, positive);
  check(Hinge(), kBits, kLogits);
  check(SquaredHinge(), kBits, kLogits);
  check(CategoricalHinge(), kBits, kLogits);
  check(BinaryCrossentropy({.label_smoothing = 0.1}), kBits, positive);
  check(BinaryCrossentropy({.from_logits = true}), kBits, kLogits);
  check(CategoricalCrossentropy({.label_smoothing = 0.1}), kShares, positive);
  check(CategoricalCrossentropy({.from_logits = true}), kShares, kLogits);
  check(SparseCategoricalCrossentropy(), kLabels, positive);
  check(SparseCategoricalCrossentropy({.from_logits = true}), kLabels, kLogits);
  check(SparseCategoricalCrossentropy({.from_logits = true, .ignore_class = 0}), kLabels, kLogits);
}

Loss read_loss(const char* text) {
  Loss loss;
  config_get(Json::parse(text), {"compile_config", "loss"}, loss);
  return loss;
}

TEST(Losses, WriteNamesAsGivenAndObjectsAsEnvelopes) {
  EXPECT_EQ(written<Loss>("mse"), "mse");
  EXPECT_EQ(Loss("mse").name(), "mse");
  EXPECT_EQ(written<Loss>("crossentropy"), "crossentropy");
  EXPECT_TRUE(written<Loss>(nullptr).is_null());
  EXPECT_EQ(written<Loss>(losses::SparseCategoricalCrossentropy({.from_logits = true})).dump(),
            R"({"module":"keras.losses","class_name":"SparseCategoricalCrossentropy","config":)"
            R"({"name":"sparse_categorical_crossentropy","reduction":"sum_over_batch_size",)"
            R"("from_logits":true,"ignore_class":null},"registered_name":null})");
  EXPECT_EQ(written<Loss>(losses::CategoricalCrossentropy({.label_smoothing = 0.1}))["config"].dump(),
            R"({"name":"categorical_crossentropy","reduction":"sum_over_batch_size","from_logits":false,)"
            R"("label_smoothing":0.1,"axis":-1})");
  EXPECT_EQ(written<Loss>(losses::Huber())["config"].dump(),
            R"({"name":"huber_loss","reduction":"sum_over_batch_size"})");
  EXPECT_EQ(written<Loss>(losses::Huber({.delta = 0.5}))["config"]["delta"], 0.5);
}

TEST(Losses, ReadEveryDialect) {
  EXPECT_EQ(read_loss(R"("mae")").name(), "mae");
  EXPECT_FALSE(read_loss("null"));
  const Loss keras2 =
      read_loss(R"({"class_name":"SparseCategoricalCrossentropy","config":{"reduction":"auto",)"
                R"("name":"sparse_categorical_crossentropy","from_logits":true,"ignore_class":null}})");
  EXPECT_EQ(keras2.reduction(), "sum_over_batch_size");
  EXPECT_NEAR(keras2(kLabels, kLogits).item(), 1.9163331571054545, 1e-12);
  const Loss wrapper =
      read_loss(R"({"class_name":"LossFunctionWrapper","config":{"reduction":"sum","name":"mse",)"
                R"("fn":"mean_squared_error"}})");
  EXPECT_NEAR(wrapper(kShares, kProbabilities).item(), 0.5383333333333333, 1e-12);
  const Loss tf_keras =
      read_loss(R"({"module":"keras.losses","class_name":"MeanSquaredError","config":{"reduction":"auto",)"
                R"("name":"mean_squared_error","fn":"mean_squared_error"},"registered_name":null})");
  EXPECT_EQ(tf_keras(kShares, kProbabilities).item(), Loss("mse")(kShares, kProbabilities).item());
  const Loss unreduced = read_loss(
      R"({"module":"keras.losses","class_name":"MeanSquaredError","config":{"name":"m","reduction":null},)"
      R"("registered_name":null})");
  EXPECT_EQ(unreduced.reduction(), "none");
  EXPECT_EQ(unreduced.name(), "m");
  EXPECT_THROW(read_loss(R"("foo")"), ValueError);
  EXPECT_THROW(read_loss(R"({"class_name":"Huber","config":{"width":1}})"), TypeError);
}

TEST(Losses, TakeAFunctionOfTheUsers) {
  const Loss cubic = [](const Tensor& y_true, const Tensor& y_pred) {
    const Tensor e = ops::abs(ops::subtract(y_true, y_pred));
    return ops::mean(ops::multiply(e, ops::square(e)), std::vector<std::int64_t>{-1});
  };
  const Tensor zeros = Tensor::zeros({2, 2}, DType::float64);
  EXPECT_EQ(cubic(zeros, Tensor::from({1.0, 3.0, 0.0, 2.0}, {2, 2})).item(), 9.0);
  EXPECT_THROW(written<Loss>(cubic), ValueError);
}

Tensor largest_error(const Tensor& y_true, const Tensor& y_pred) {
  return ops::max(ops::abs(ops::subtract(y_true, y_pred)), std::vector<std::int64_t>{-1});
}

TEST(Losses, KnowAFunctionOfTheUsersThatIsRegistered) {
  register_loss("largest_error", largest_error);
  const Tensor zeros = Tensor::zeros({2, 2}, DType::float64);
  const Tensor predictions = Tensor::from({1.0, 3.0, 0.0, 2.0}, {2, 2});
  EXPECT_EQ(Loss("largest_error")(zeros, predictions).item(), 2.5);
  EXPECT_EQ(written<Loss>("largest_error"), "largest_error");
  const LossFunction function = "largest_error";
  EXPECT_EQ(written<Loss>(function)["config"], "Custom>largest_error");
  EXPECT_EQ(read_loss(written<Loss>(function).dump().c_str())(zeros, predictions).item(), 2.5);
}

}  // namespace
}  // namespace sepal
