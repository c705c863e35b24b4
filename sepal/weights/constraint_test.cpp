#include "sepal/weights/constraint.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/ops/elementwise.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

const Tensor kWeight = Tensor::from({3.0, 0.5, 4.0, 0.5, 0.0, 0.5, 0.0, 0.5}, {2, 2, 1, 2});

// The epsilon under each norm moves a result by less than this.
constexpr double kTolerance = 1e-6;

void expect_constrained(const Constraint& constraint, const std::vector<double>& want) {
  testing::expect_values(constraint(kWeight), kWeight.shape(), want, kTolerance, kTolerance);
}

// Names that begin with a letter and a number are rows of the specification's oracle.
TEST(Constraint, C1_MaxNormSumsOverTheGivenAxes) {
  expect_constrained(constraints::MaxNorm({.max_value = 2, .axis = {0, 1}}),
                     {1.2, .5, 1.6, .5, 0, .5, 0, .5});
}

TEST(Constraint, C2_MaxNormSumsOverTheFirstAxisUnlessTold) {
  expect_constrained("max_norm", {2, .5, 2, .5, 0, .5, 0, .5});
}

TEST(Constraint, C3_UnitNormDividesByTheNorm) {
  expect_constrained(constraints::UnitNorm({.axis = {0, 1}}), {.6, .5, .8, .5, 0, .5, 0, .5});
}

TEST(Constraint, AddsEpsilonToTheNormAndNotUnderTheRoot) {
  const Tensor tiny = Tensor::from({1e-7}, {1});
  testing::expect_values(Constraint("unit_norm")(tiny), {1}, {0.5});
}

TEST(Constraint, TakesTheEpsilonThatIsSet) {
  set_epsilon(0.25);
  testing::expect_values(Constraint("unit_norm")(Tensor::from({1.0}, {1})), {1}, {0.8});
  set_epsilon(1e-7);
}

TEST(Constraint, C4_MinMaxNormMovesPartOfTheWay) {
  expect_constrained(constraints::MinMaxNorm({.min_value = 2, .max_value = 3, .rate = 0.5, .axis = {0, 1}}),
                     {2.4, .75, 3.2, .75, 0, .75, 0, .75});
}

TEST(Constraint, NonNegCutsAtZero) {
  testing::expect_values(Constraint("non_neg")(Tensor::from({-0.05F, 0.9F, -2.0F}, {3})), {3}, {0, 0.9F, 0});
}

struct Half {
  static constexpr const char* kName = "Half";
  template <class Self, class Visitor>
  static void visit(Self&, Visitor&) {}
  Tensor operator()(const Tensor& w) const { return ops::multiply(w, 0.5); }
};

TEST(Constraint, TakesOneOfTheUsersThatIsRegistered) {
  register_constraint<Half>();
  Json out;
  config_put(out, "x", Constraint(Half{}));
  EXPECT_EQ(out["x"].dump(),
            R"({"module":null,"class_name":"Half","config":{},"registered_name":"Custom>Half"})");
  Constraint read;
  config_get(out["x"], {"layer 'l'", "kernel_constraint"}, read);
  testing::expect_values(read(Tensor::from({3.0}, {1})), {1}, {1.5});
  register_constraint("negated", ops::negative);
  testing::expect_values(Constraint("Custom>negated")(Tensor::from({3.0}, {1})), {1}, {-3});
}

TEST(Constraint, KnowsTheNamesOfAllGenerations) {
  for (const char* name : {"max_norm", "MaxNorm", "maxnorm"}) EXPECT_EQ(Constraint(name).name(), "MaxNorm");
  for (const char* name : {"non_neg", "NonNeg", "nonneg"}) EXPECT_EQ(Constraint(name).name(), "NonNeg");
  for (const char* name : {"unit_norm", "UnitNorm", "unitnorm"}) {
    EXPECT_EQ(Constraint(name).name(), "UnitNorm");
  }
  for (const char* name : {"min_max_norm", "MinMaxNorm"}) EXPECT_EQ(Constraint(name).name(), "MinMaxNorm");
}

TEST(Constraint, WritesNoModuleAsTensorFlow14) {
  const CompatibilityScope scope(Compatibility::tf14);
  Json out;
  config_put(out, "x", Constraint("max_norm"));
  EXPECT_EQ(out["x"], Json::parse(R"({"class_name":"MaxNorm","config":{"max_value":2,"axis":0}})"));
}

TEST(Constraint, WritesAndReadsTheEnvelopeOfKeras) {
  Json out;
  config_put(out, "a", Constraint(constraints::MaxNorm({.max_value = 3, .axis = {0, 1}})));
  config_put(out, "b", Constraint("min_max_norm"));
  config_put(out, "c", Constraint("non_neg"));
  EXPECT_EQ(out["a"], Json::parse(R"({"module":"keras.constraints","class_name":"MaxNorm",)"
                                  R"("config":{"max_value":3,"axis":[0,1]},"registered_name":null})"));
  EXPECT_EQ(out["b"]["config"], Json::parse(R"({"min_value":0.0,"max_value":1.0,"rate":1.0,"axis":0})"));
  EXPECT_EQ(out["c"]["config"].dump(), "{}");
  Constraint read;
  config_get(out["a"], {"layer 'l'", "kernel_constraint"}, read);
  EXPECT_EQ(read.as<constraints::MaxNorm>()->axis, (IntTuple{0, 1}));
  EXPECT_THROW(Constraint("foo"), ValueError);
}

}  // namespace
}  // namespace sepal
