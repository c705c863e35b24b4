#include "sepal/weights/initializer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/base/random.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/written_config.h"

namespace sepal {
namespace {

using testing::written;

Initializer read_initializer(const char* text) {
  Initializer initializer;
  config_get(Json::parse(text), {"layer 'l'", "kernel_initializer"}, initializer);
  return initializer;
}

double largest_magnitude(const Tensor& t) {
  double largest = 0.0;
  for (const double v : t.values<double>()) largest = std::max(largest, std::abs(v));
  return largest;
}

double stddev_of(const Tensor& t) {
  double sum = 0.0;
  for (const double v : t.values<double>()) sum += v * v;
  return std::sqrt(sum / static_cast<double>(t.num_elements()));
}

// A uniform draw of many values reaches close to its limit and never beyond.
void expect_uniform_limit(const Initializer& initializer, const Shape& shape, double limit) {
  set_random_seed(7);
  double largest = 0.0;
  for (int draw = 0; draw < 200; ++draw) {
    largest = std::max(largest, largest_magnitude(initializer(shape, DType::float64)));
  }
  // Limits are written with eight digits.
  EXPECT_LE(largest, limit * (1.0 + 1e-7));
  EXPECT_GT(largest, 0.98 * limit);
}

// Names that begin with a letter and a number are rows of the specification's oracle.
TEST(Initializer, I1_GlorotUniformOfADepthwiseKernel) {
  expect_uniform_limit("glorot_uniform", {3, 3, 3, 1}, 0.40824829);
}

TEST(Initializer, I2_GlorotUniformTakesFanOutFromTheMultiplier) {
  expect_uniform_limit("glorot_uniform", {3, 3, 3, 2}, 0.36514837);
}

TEST(Initializer, I3_GlorotUniformOfASquarePointwiseKernel) {
  expect_uniform_limit("glorot_uniform", {1, 1, 6, 6}, 0.70710678);
}

TEST(Initializer, I4_GlorotUniformOfAPointwiseKernel) {
  expect_uniform_limit("glorot_uniform", {1, 1, 3, 6}, 0.81649658);
}

TEST(Initializer, I6_LecunUniformDividesByFanIn) {
  expect_uniform_limit("lecun_uniform", {1, 1, 12, 8}, 0.5);
}

TEST(Initializer, I5_HeNormalWidensSigmaForTheCutTails) {
  const Tensor t = initializers::HeNormal({.seed = 3})({5, 7, 4, 300}, DType::float64);
  const double sigma = 0.13588;  // sqrt(2 / 140) / 0.87962566
  EXPECT_LE(largest_magnitude(t), 2.0 * sigma * 1.0001);
  EXPECT_GT(largest_magnitude(t), 1.98 * sigma);
  EXPECT_NEAR(stddev_of(t), std::sqrt(2.0 / 140.0), 0.002);
}

TEST(Initializer, UntruncatedNormalHasLongTails) {
  const Tensor t = initializers::VarianceScaling(
      {.scale = 2.0, .mode = "fan_out", .distribution = "untruncated_normal", .seed = 1})({50, 100, 2},
                                                                                          DType::float64);
  EXPECT_NEAR(stddev_of(t), std::sqrt(2.0 / 100.0), 0.003);
  EXPECT_GT(largest_magnitude(t), 3.0 * std::sqrt(2.0 / 100.0));
}

TEST(Initializer, VarianceScalingTakesFansFromGivenAxes) {
  expect_uniform_limit(
      initializers::VarianceScaling(
          {.distribution = "uniform", .input_axes = IntTuple{0, -1}, .output_axes = IntTuple{1}}),
      {4, 5, 3}, 0.5);
}

TEST(Initializer, FansOfAVectorAndAScalar) {
  expect_uniform_limit("glorot_uniform", {3}, 1.0);
  expect_uniform_limit("glorot_uniform", {}, std::sqrt(3.0));
}

TEST(Initializer, I7_RandomDefaultsAreThoseOfKeras) {
  set_random_seed(1);
  const Shape shape = {100, 100};
  EXPECT_NEAR(stddev_of(Initializer("random_normal")(shape, DType::float64)), 0.05, 0.002);
  expect_uniform_limit("random_uniform", {100}, 0.05);
  const Tensor truncated = Initializer("truncated_normal")(shape, DType::float64);
  EXPECT_LE(largest_magnitude(truncated), 0.1);
  EXPECT_GT(largest_magnitude(truncated), 0.099);
}

TEST(Initializer, GivesTheSameValuesForTheSameSeed) {
  const Initializer seeded = initializers::RandomNormal({.seed = 42});
  testing::expect_same_bits(seeded({3, 4}, DType::float32), seeded({3, 4}, DType::float32));
  set_random_seed(5);
  const Tensor first = Initializer("random_normal")({3, 4}, DType::float32);
  const Tensor second = Initializer("random_normal")({3, 4}, DType::float32);
  EXPECT_NE(first.at(0), second.at(0));
  set_random_seed(5);
  testing::expect_same_bits(Initializer("random_normal")({3, 4}, DType::float32), first);
}

TEST(Initializer, ConstantsFillInTheWantedDtype) {
  testing::expect_values(Initializer("zeros")({2}, DType::float32), {2}, {0, 0});
  testing::expect_values(Initializer("ones")({2}, DType::float64), {2}, {1, 1});
  testing::expect_values(Initializer(initializers::Constant({.value = 0.5}))({2}, DType::float64), {2},
                         {0.5, 0.5});
  EXPECT_EQ(Initializer("ones")({2}, DType::float16).dtype(), DType::float16);
}

TEST(Initializer, OrthogonalGivesOrthonormalRowsOrColumns) {
  const Tensor tall = initializers::Orthogonal({.gain = 2.0, .seed = 1})({3, 5, 4}, DType::float64);
  const Tensor wide = initializers::Orthogonal({.gain = 2.0, .seed = 1})({4, 15}, DType::float64);
  for (int a = 0; a < 4; ++a) {
    for (int b = 0; b < 4; ++b) {
      double columns = 0.0;
      double rows = 0.0;
      for (int i = 0; i < 15; ++i) {
        columns += tall.at(i * 4 + a) * tall.at(i * 4 + b);
        rows += wide.at(a * 15 + i) * wide.at(b * 15 + i);
      }
      EXPECT_NEAR(columns, a == b ? 4.0 : 0.0, 1e-12);
      EXPECT_NEAR(rows, a == b ? 4.0 : 0.0, 1e-12);
    }
  }
  EXPECT_THROW(Initializer("orthogonal")({3}, DType::float32), ValueError);
}

TEST(Initializer, IdentityPutsTheGainOnTheDiagonal) {
  testing::expect_values(Initializer(initializers::Identity({.gain = 3}))({2, 3}, DType::float32), {2, 3},
                         {3, 0, 0, 0, 3, 0});
  EXPECT_THROW(Initializer("identity")({3}, DType::float32), ValueError);
}

TEST(Initializer, I8_VarianceScalingRefusesWhatHasNoMeaning) {
  EXPECT_THROW(Initializer(initializers::VarianceScaling({.scale = 0.0})), ValueError);
  EXPECT_THROW(Initializer(initializers::VarianceScaling({.mode = "x"})), ValueError);
  EXPECT_THROW(Initializer(initializers::VarianceScaling({.distribution = "x"})), ValueError);
}

TEST(Initializer, RefusesNamesWithoutAnObjectAndEmptyHandles) {
  try {
    const Initializer unknown = "foo";
    FAIL();
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(), "Could not interpret initializer identifier: foo");
  }
  EXPECT_THROW(Initializer()({2}, DType::float32), RuntimeError);
}

TEST(Initializer, WritesTheEnvelopeOfKeras) {
  EXPECT_EQ(written<Initializer>("glorot_uniform").dump(),
            R"({"module":"keras.initializers","class_name":"GlorotUniform","config":{"seed":null,)"
            R"("input_axes":null,"output_axes":null},"registered_name":null})");
  EXPECT_EQ(written<Initializer>(initializers::HeNormal({.seed = 3})).dump(),
            R"({"module":"keras.initializers","class_name":"HeNormal","config":{"seed":3,)"
            R"("input_axes":null,"output_axes":null},"registered_name":null})");
  EXPECT_EQ(written<Initializer>("variance_scaling")["config"].dump(),
            R"({"seed":null,"scale":1.0,"mode":"fan_in","distribution":"truncated_normal",)"
            R"("input_axes":null,"output_axes":null})");
  EXPECT_EQ(written<Initializer>("uniform")["config"].dump(),
            R"({"seed":null,"minval":-0.05,"maxval":0.05})");
  EXPECT_EQ(written<Initializer>("normal")["config"].dump(), R"({"seed":null,"mean":0.0,"stddev":0.05})");
  EXPECT_EQ(written<Initializer>("orthogonal")["config"].dump(), R"({"seed":null,"gain":1.0})");
  EXPECT_EQ(written<Initializer>("identity")["config"].dump(), R"({})");
  EXPECT_EQ(written<Initializer>("zero")["class_name"], "Zeros");
  EXPECT_TRUE(written<Initializer>(nullptr).is_null());
}

TEST(Initializer, ReadsEveryDialect) {
  EXPECT_EQ(read_initializer(R"("he_normal")").name(), "HeNormal");
  EXPECT_FALSE(read_initializer("null"));
  EXPECT_EQ(read_initializer(R"({"class_name":"Zeros","config":{"dtype":"float32"}})").name(), "Zeros");
  const Initializer tf1 = read_initializer(
      R"({"class_name":"VarianceScaling","config":{"scale":1.0,"mode":"fan_avg","distribution":"normal",)"
      R"("seed":null,"dtype":"float32"}})");
  ASSERT_NE(tf1.as<initializers::VarianceScaling>(), nullptr);
  EXPECT_EQ(tf1.as<initializers::VarianceScaling>()->distribution, "truncated_normal");
  const Initializer keras3 = read_initializer(
      R"({"module":"keras.initializers","class_name":"HeUniform","config":{"seed":5},"registered_name":null})");
  EXPECT_EQ(keras3.as<initializers::HeUniform>()->seed, 5);
}

TEST(Initializer, RefusesADamagedEnvelope) {
  EXPECT_THROW(read_initializer(R"({"class_name":"Zeros"})"), ValueError);
  EXPECT_THROW(read_initializer(R"({"config":{}})"), ValueError);
  EXPECT_THROW(read_initializer("5"), ValueError);
  EXPECT_THROW(read_initializer(R"({"class_name":"Foo","config":{}})"), ValueError);
  EXPECT_THROW(read_initializer(R"({"class_name":"Constant","config":{"value":"x"}})"), ValueError);
  EXPECT_THROW(read_initializer(R"({"class_name":"Constant","config":{"size":1}})"), TypeError);
  EXPECT_THROW(read_initializer(R"({"class_name":"Constant","config":[1]})"), TypeError);
}

Tensor ascending(const Shape& shape, DType dtype) { return testing::ramp(shape, dtype); }

TEST(Initializer, TakesACallableAndSavesItOnlyUnderAName) {
  const Initializer anonymous = [](const Shape& shape, DType dtype) { return Tensor::full(shape, 2, dtype); };
  testing::expect_values(anonymous({2}, DType::float32), {2}, {2, 2});
  EXPECT_THROW(written<Initializer>(anonymous), ValueError);

  register_initializer("ascending", ascending, "sepal_test");
  testing::expect_values(Initializer("ascending")({3}, DType::float32), {3}, {1, 2, 3});
  EXPECT_EQ(written<Initializer>("ascending").dump(),
            R"({"module":"builtins","class_name":"function","config":"sepal_test>ascending",)"
            R"("registered_name":"function"})");
  EXPECT_EQ(read_initializer(written<Initializer>("ascending").dump().c_str()).name(), "ascending");
}

struct Halves {
  double scale = 0.5;
  static constexpr const char* kName = "Halves";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("scale", o.scale);
  }
  Tensor operator()(const Shape& shape, DType dtype) const { return Tensor::full(shape, scale, dtype); }
};

TEST(Initializer, TakesAClassOfTheUsers) {
  register_initializer<Halves>();
  const Json json = written<Initializer>(Halves{.scale = 0.25});
  EXPECT_EQ(
      json.dump(),
      R"({"module":null,"class_name":"Halves","config":{"scale":0.25},"registered_name":"Custom>Halves"})");
  testing::expect_values(read_initializer(json.dump().c_str())({1}, DType::float64), {1}, {0.25});
  testing::expect_values(Initializer("Custom>Halves")({1}, DType::float64), {1}, {0.5});
}

struct Thirds : Halves {
  static constexpr const char* kName = "Thirds";
};

TEST(Initializer, SaysWhatToDoAboutAClassThatIsNotRegistered) {
  const Json json = written<Initializer>(Thirds{});
  EXPECT_EQ(json["registered_name"], "Custom>Thirds");
  testing::expect_error<ValueError>([&] { read_initializer(json.dump().c_str()); },
                                    {"initializer identifier: Thirds", "register_initializer"});
}

TEST(Initializer, TakesATensorOfExactlyTheWantedShape) {
  const Initializer fixed = Tensor::from({0.5F, -1.0F, 2.0F, 3.0F}, {2, 2});
  testing::expect_values(fixed({2, 2}, DType::float64), {2, 2}, {0.5, -1, 2, 3});
  testing::expect_error<ValueError>([&] { fixed({4}, DType::float64); }, {"(2, 2)", "(4,)"});
  const Json json = written<Initializer>(fixed);
  EXPECT_EQ(json.dump(), R"({"module":"keras.initializers","class_name":"Constant",)"
                         R"("config":{"value":[[0.5,-1.0],[2.0,3.0]]},"registered_name":null})");
  testing::expect_values(read_initializer(json.dump().c_str())({2, 2}, DType::float32), {2, 2},
                         {0.5, -1, 2, 3});
}

TEST(Initializer, ConstantBroadcastsAListAsKeras3) {
  const Initializer list = initializers::Constant({.value = {1, 2}});
  testing::expect_values(list({2, 2}, DType::float32), {2, 2}, {1, 2, 1, 2});
  EXPECT_THROW(list({3}, DType::float32), ValueError);
  EXPECT_EQ(written<Initializer>(list)["config"].dump(), R"({"value":[1.0,2.0]})");
  const Initializer array =
      read_initializer(R"({"class_name":"Constant","config":{"value":{"class_name":"__numpy__",)"
                       R"("config":{"value":[[1.0],[2.0]],"dtype":"float64"}}}})");
  testing::expect_values(array({2, 2}, DType::float32), {2, 2}, {1, 1, 2, 2});
  for (const char* damaged : {"[1,[2]]", "[[1],[2,3]]", "[[1],2]", R"(["x"])",
                              R"({"class_name":"__numpy__"})", "[[[[[[[[[1]]]]]]]]]"}) {
    const std::string json = std::string(R"({"class_name":"Constant","config":{"value":)") + damaged + "}}";
    EXPECT_THROW(read_initializer(json.c_str()), ValueError) << damaged;
  }
}

TEST(Initializer, ConstantFillsByRowsAsTensorFlow14) {
  const CompatibilityScope scope(Compatibility::tf14);
  const Initializer list = initializers::Constant({.value = {1, 2, 3}});
  testing::expect_values(list({2, 3}, DType::float32), {2, 3}, {1, 2, 3, 3, 3, 3});
  EXPECT_THROW(list({2}, DType::float32), ValueError);
}

TEST(Initializer, WritesTheFormsOfTensorFlow14) {
  const CompatibilityScope scope(Compatibility::tf14);
  EXPECT_EQ(written<Initializer>("glorot_uniform").dump(),
            R"({"class_name":"VarianceScaling","config":{"scale":1.0,"mode":"fan_avg",)"
            R"("distribution":"uniform","seed":null,"dtype":"float32"}})");
  EXPECT_EQ(written<Initializer>(initializers::HeNormal({.seed = 3}))["config"].dump(),
            R"({"scale":2.0,"mode":"fan_in","distribution":"normal","seed":3,"dtype":"float32"})");
  EXPECT_EQ(written<Initializer>("zeros").dump(), R"({"class_name":"Zeros","config":{"dtype":"float32"}})");
  EXPECT_EQ(written<Initializer>("uniform")["config"].dump(),
            R"({"minval":-0.05,"maxval":0.05,"seed":null,"dtype":"float32"})");
  EXPECT_EQ(written<Initializer>("identity")["config"].dump(), R"({"gain":1.0,"dtype":"float32"})");
  EXPECT_EQ(written<Initializer>(Halves{})["config"].dump(), R"({"scale":0.5})");
  EXPECT_EQ(read_initializer(written<Initializer>("orthogonal").dump().c_str()).name(), "Orthogonal");
}

// Names of TensorFlow 1.4, Keras 2.0.9, Keras 2.15 and Keras 3.
TEST(Initializer, KnowsTheNamesOfAllGenerations) {
  const std::map<std::string, std::vector<std::string>> names = {
      {"Zeros", {"zero", "zeros", "Zeros"}},
      {"Ones", {"one", "ones", "Ones"}},
      {"Constant", {"constant", "Constant"}},
      {"RandomUniform", {"uniform", "random_uniform", "RandomUniform"}},
      {"RandomNormal", {"normal", "random_normal", "RandomNormal"}},
      {"TruncatedNormal", {"truncated_normal", "TruncatedNormal"}},
      {"Identity", {"identity", "Identity", "IdentityInitializer"}},
      {"Orthogonal", {"orthogonal", "Orthogonal", "OrthogonalInitializer"}},
      {"VarianceScaling", {"VarianceScaling", "variance_scaling"}},
      {"LecunNormal", {"lecun_normal", "LecunNormal"}},
      {"LecunUniform", {"lecun_uniform", "LecunUniform"}},
      {"GlorotNormal", {"glorot_normal", "GlorotNormal"}},
      {"GlorotUniform", {"glorot_uniform", "GlorotUniform"}},
      {"HeNormal", {"he_normal", "HeNormal"}},
      {"HeUniform", {"he_uniform", "HeUniform"}}};
  for (const auto& [class_name, aliases] : names) {
    for (const std::string& alias : aliases) EXPECT_EQ(Initializer(alias).name(), class_name) << alias;
  }
  EXPECT_THROW(Initializer("ZEROS"), ValueError);
}

// The largest distance between the distribution of `count` draws and `cumulative`, times sqrt(count):
// 1.95 is exceeded by one draw in a thousand (Kolmogorov and Smirnov).
template <class Cumulative>
void expect_distribution(const Initializer& initializer, const Shape& shape, const Cumulative& cumulative) {
  const Tensor draws = initializer(shape, DType::float64);
  std::vector<double> sorted(draws.values<double>().begin(), draws.values<double>().end());
  std::sort(sorted.begin(), sorted.end());
  const auto count = static_cast<double>(sorted.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double p = cumulative(sorted[i]);
    distance =
        std::max({distance, p - static_cast<double>(i) / count, static_cast<double>(i + 1) / count - p});
  }
  EXPECT_LT(distance * std::sqrt(count), 1.95) << initializer.name();
}

double normal_cumulative(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// Of a normal distribution without what is beyond two deviations.
double truncated_cumulative(double x) {
  const double cut = normal_cumulative(-2.0);
  return std::clamp((normal_cumulative(x) - cut) / (1.0 - 2.0 * cut), 0.0, 1.0);
}

TEST(Initializer, DrawsFromTheDistributionsOfKeras) {
  using namespace initializers;
  const Shape shape = {5, 7, 40, 30};  // fan_in 1400, fan_out 1050
  const auto uniform = [](double limit) {
    return [limit](double x) { return std::clamp((x + limit) / (2.0 * limit), 0.0, 1.0); };
  };
  const auto truncated = [](double deviation) {
    return [deviation](double x) { return truncated_cumulative(x / deviation * 0.87962566103423978); };
  };
  expect_distribution(RandomUniform({.minval = -2, .maxval = 6, .seed = 1}), shape,
                      [](double x) { return std::clamp((x + 2.0) / 8.0, 0.0, 1.0); });
  expect_distribution(RandomNormal({.mean = 1, .stddev = 3, .seed = 2}), shape,
                      [](double x) { return normal_cumulative((x - 1.0) / 3.0); });
  expect_distribution(TruncatedNormal({.mean = -1, .stddev = 0.5, .seed = 3}), shape,
                      [](double x) { return truncated_cumulative((x + 1.0) / 0.5); });
  expect_distribution(GlorotUniform({.seed = 4}), shape, uniform(std::sqrt(6.0 / 2450.0)));
  expect_distribution(GlorotNormal({.seed = 5}), shape, truncated(std::sqrt(2.0 / 2450.0)));
  expect_distribution(HeUniform({.seed = 6}), shape, uniform(std::sqrt(6.0 / 1400.0)));
  expect_distribution(HeNormal({.seed = 7}), shape, truncated(std::sqrt(2.0 / 1400.0)));
  expect_distribution(LecunUniform({.seed = 8}), shape, uniform(std::sqrt(3.0 / 1400.0)));
  expect_distribution(LecunNormal({.seed = 9}), shape, truncated(std::sqrt(1.0 / 1400.0)));
}

}  // namespace
}  // namespace sepal
