// Training under each policy of 16 bits. Numbers are those of Keras 3.15 on TensorFlow.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/base/naming.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/load_model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_values;

// first + step * i.
Tensor ramp(const Shape& shape, double first, double step) {
  Tensor x(shape);
  for (std::int64_t i = 0; i < x.num_elements(); ++i)
    x.mutable_data<float>()[i] = static_cast<float>(first + step * static_cast<double>(i));
  return x;
}

Tensor targets() {
  Tensor y({8, 2});
  for (int i = 0; i < 8; ++i) {
    y.mutable_data<float>()[2 * i] = static_cast<float>(std::sin(i));
    y.mutable_data<float>()[2 * i + 1] = static_cast<float>(std::cos(i));
  }
  return y;
}

Model small_model(const std::string& policy) {
  const bool penalizes = policy.starts_with("mixed");
  const KerasTensor image = Input({.shape = {3}});
  KerasTensor x = layers::Dense(
      {.units = 4,
       .activation = "relu",
       .kernel_regularizer = penalizes ? Regularizer(regularizers::L2({.l2 = 0.01})) : Regularizer(),
       .name = "a"})(image);
  x = layers::BatchNormalization({.name = "b"})(x);
  const Model model(image, layers::Dense({.units = 2, .name = "c"})(x));
  model->get_layer("a")->set_weights({ramp({3, 4}, -0.6, 0.11), Tensor::zeros({4})});
  model->get_layer("c")->set_weights({ramp({4, 2}, -0.5, 0.15), Tensor::zeros({2})});
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.25}), .loss = "mse", .metrics = {"mae"}});
  return model;
}

struct PolicyCase {
  const char* name;
  DType compute, variable;
  std::vector<double> losses, errors;  // reported after each step
  std::vector<double> prediction;
  std::vector<double> kernel;  // of the first layer
  std::vector<double> moving_variance;
};

std::vector<PolicyCase> cases() {
  return {
      {"mixed_float16",
       DType::float16,
       DType::float32,
       {1.8985928297042847, 0.575515866279602, 0.41034919023513794},
       {1.20550537109375, 0.622955322265625, 0.548828125},
       {0.059814453125, 0.18603515625, 0.057037353515625, 0.1680908203125},
       {-0.5814822316169739, -0.5186846256256104, -0.2995845675468445, -0.20224224030971527,
        -0.1563875526189804, -0.08786878734827042, 0.1284637153148651, 0.20391350984573364,
        0.26873213052749634, 0.34309929609298706, 0.5565296411514282, 0.6101656556129456},
       {0.9713625907897949, 0.9704862833023071, 0.9706810116767883, 0.9714518785476685}},
      {"mixed_bfloat16",
       DType::bfloat16,
       DType::float32,
       {1.8987919092178345, 0.5746902227401733, 0.41130298376083374},
       {1.20556640625, 0.621337890625, 0.549072265625},
       {0.0595703125, 0.1875, 0.056640625, 0.1689453125},
       {-0.5814871788024902, -0.5186931490898132, -0.2995172441005707, -0.20243459939956665,
        -0.15633626282215118, -0.08772595226764679, 0.12864241003990173, 0.20412926375865936,
        0.269043505191803, 0.34324121475219727, 0.5565158128738403, 0.610004723072052},
       {0.9713690876960754, 0.9704850912094116, 0.9706807732582092, 0.9714578986167908}},
      {"float16",
       DType::float16,
       DType::float16,
       {1.881286859512329, 0.5581202507019043, 0.39268025755882263},
       {1.20550537109375, 0.622650146484375, 0.548431396484375},
       {0.06011962890625, 0.187255859375, 0.05731201171875, 0.1689453125},
       {-0.59033203125, -0.52587890625, -0.3046875, -0.205810546875, -0.1588134765625, -0.08831787109375,
        0.1295166015625, 0.206787109375, 0.27294921875, 0.34912109375, 0.56396484375, 0.619140625},
       {0.97119140625, 0.970703125, 0.970703125, 0.9716796875}},
      {"bfloat16",
       DType::bfloat16,
       DType::bfloat16,
       {1.881485939025879, 0.5572768449783325, 0.39364588260650635},
       {1.20556640625, 0.62109375, 0.548583984375},
       {0.059326171875, 0.1884765625, 0.056640625, 0.169921875},
       {-0.59375, -0.52734375, -0.306640625, -0.2060546875, -0.158203125, -0.08837890625, 0.1298828125,
        0.20703125, 0.271484375, 0.349609375, 0.5625, 0.62109375},
       {0.9765625, 0.96875, 0.96875, 0.9765625}},
  };
}

// The process's policy for a scope.
class WithPolicy {
 public:
  explicit WithPolicy(const char* name) { set_dtype_policy(name); }
  ~WithPolicy() { clear_session(); }
  WithPolicy(const WithPolicy&) = delete;
  WithPolicy& operator=(const WithPolicy&) = delete;
};

TEST(MixedPrecision, TrainsAsKerasDoes) {
  const Tensor x = ramp({8, 3}, -1.1, 0.1);
  const Tensor y = targets();
  for (const PolicyCase& c : cases()) {
    SCOPED_TRACE(c.name);
    const WithPolicy policy(c.name);
    const Model model = small_model(c.name);
    // Three steps: some units in the last place of what 16 bits hold.
    const double tolerance = c.compute == DType::float16 ? 0x1p-9 : 0x1p-6;
    for (std::size_t step = 0; step < 3; ++step) {
      model->reset_metrics();
      const Logs logs = model->train_on_batch(x, y);
      EXPECT_NEAR(*logs.find("loss"), c.losses[step], tolerance);
      EXPECT_NEAR(*logs.find("mae"), c.errors[step], tolerance);
    }
    const Tensor prediction = model->predict(x.rows(0, 2));
    EXPECT_EQ(prediction.dtype(), c.compute);
    expect_values(prediction, {2, 2}, c.prediction, 0, tolerance);
    const Tensors weights = model->get_weights();
    for (const Tensor& weight : weights) EXPECT_EQ(weight.dtype(), c.variable);
    expect_values(weights[0], {3, 4}, c.kernel, 0, tolerance);
    expect_values(weights[5], {4}, c.moving_variance, 0, c.variable == DType::float32 ? 1e-4 : tolerance);
  }
}

TEST(MixedPrecision, ScalesTheLossOfMixedFloat16Alone) {
  for (const PolicyCase& c : cases()) {
    const WithPolicy policy(c.name);
    const Model model = small_model(c.name);
    const bool scales = std::string(c.name) == "mixed_float16";
    EXPECT_STREQ(model->optimizer()->class_name(), scales ? "LossScaleOptimizer" : "SGD");
    // As Keras: the config names what `compile` was given.
    EXPECT_EQ(model->get_compile_config()["optimizer"]["class_name"], "SGD");
  }
  const WithPolicy policy("mixed_float16");
  const Model model = small_model("mixed_float16");
  model->compile({.optimizer = "adam", .loss = "mse", .auto_scale_loss = false});
  EXPECT_STREQ(model->optimizer()->class_name(), "Adam");
}

TEST(MixedPrecision, GoesOnFromAFile) {
  const Tensor x = ramp({8, 3}, -1.1, 0.1);
  const Tensor y = targets();
  const testing::TemporaryFolder folder;
  for (const PolicyCase& c : cases()) {
    for (const char* file : {"model.keras", "model.h5"}) {
      SCOPED_TRACE(std::string(c.name) + " " + file);
      const WithPolicy policy(c.name);
      const Model model = small_model(c.name);
      model->train_on_batch(x, y);
      model->save(folder / file);
      const Model again = load_model(folder / file);
      EXPECT_EQ(again->optimizer()->iterations(), 1);
      model->train_on_batch(x, y);
      again->train_on_batch(x, y);
      const Tensors want = model->get_weights();
      const Tensors got = again->get_weights();
      ASSERT_EQ(got.size(), want.size());
      for (std::size_t i = 0; i < want.size(); ++i) testing::expect_same_bits(got[i], want[i]);
    }
  }
}

TEST(MixedPrecision, ScalingGoesOnFromAFileUnderAnotherPolicy) {
  const Tensor x = ramp({8, 3}, -1.1, 0.1);
  const testing::TemporaryFolder folder;
  {
    const WithPolicy policy("mixed_float16");
    const Model model = small_model("mixed_float16");
    model->train_on_batch(x, targets());
    model->save(folder / "model.keras");
  }
  const Model again = load_model(folder / "model.keras");
  EXPECT_STREQ(again->optimizer()->class_name(), "LossScaleOptimizer");
  EXPECT_EQ(again->optimizer()->iterations(), 1);
  EXPECT_EQ(again->optimizer()->variables()[2].value().item(), 1.0);
}

}  // namespace
}  // namespace sepal
