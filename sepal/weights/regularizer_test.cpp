#include "sepal/weights/regularizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/written_config.h"

namespace sepal {
namespace {

using testing::written;

const Tensor kFour = Tensor::from({1.0, -2.0, 3.0, -4.0}, {4});

// R1 and R3 are rows of the specification's oracle.
TEST(Regularizer, R1_AddsMagnitudesAndSquaresWithoutAHalf) {
  EXPECT_NEAR(Regularizer("l1")(kFour).item(), 0.1, 1e-8);
  EXPECT_NEAR(Regularizer("l2")(kFour).item(), 0.3, 1e-15);
  EXPECT_NEAR(Regularizer("l1_l2")(kFour).item(), 0.4, 1e-15);
  EXPECT_EQ(Regularizer("l1l2")(kFour).item(), 0.0);
  EXPECT_NEAR(Regularizer(regularizers::L1L2({.l1 = 0.5, .l2 = 2.0}))(kFour).item(), 65.0, 1e-13);
}

TEST(Regularizer, OrthogonalPenalisesParallelRows) {
  const Tensor w = Tensor::from({1.0, 0.0, 1.0, 1.0, 0.0, 2.0}, {3, 2});
  // Cosines of the pairs: 1/sqrt(2), 0, 1/sqrt(2); their mean times float32(0.01).
  EXPECT_NEAR(Regularizer("orthogonal_regularizer")(w).item(), 0.0047140451, 1e-9);
  const Regularizer columns = regularizers::OrthogonalRegularizer({.factor = 0.5, .mode = "columns"});
  EXPECT_NEAR(columns(w).item(), 0.5 / std::sqrt(2.0 * 5.0), 1e-15);
  EXPECT_THROW(columns(kFour), ValueError);
}

TEST(Regularizer, GradientsMatchFiniteDifferences) {
  const Tensor w = testing::varied({3, 2}, 1);
  for (const Regularizer& r :
       {Regularizer("l1"), Regularizer("l2"), Regularizer("l1_l2"), Regularizer("orthogonal_regularizer")}) {
    testing::expect_gradients_match_finite_differences([&](const Tensors& in) { return r(in[0]); }, {w});
  }
}

TEST(Regularizer, WritesAndReadsTheEnvelopeOfKeras) {
  EXPECT_EQ(written<Regularizer>("l1").dump(),
            R"({"module":"keras.regularizers","class_name":"L1","config":{"l1":0.009999999776482582},)"
            R"("registered_name":null})");
  EXPECT_EQ(
      written<Regularizer>("l2").dump(),
      R"({"module":"keras.regularizers","class_name":"L2","config":{"l2":0.01},"registered_name":null})");
  EXPECT_EQ(written<Regularizer>(regularizers::L1L2({.l1 = 0.01, .l2 = 0.3}))["config"].dump(),
            R"({"l1":0.01,"l2":0.3})");
  EXPECT_EQ(written<Regularizer>("OrthogonalRegularizer")["config"].dump(),
            R"({"factor":0.009999999776482582,"mode":"rows"})");
  Regularizer tf1;
  config_get(Json::parse(R"({"class_name":"L1L2","config":{"l1":0.0,"l2":0.009999999776482582}})"),
             {"layer 'l'", "kernel_regularizer"}, tf1);
  EXPECT_EQ(tf1.as<regularizers::L1L2>()->l2, 0.009999999776482582);
}

TEST(Regularizer, R3_WritesOneClassWithRoundedFactorsAsTensorFlow14) {
  const CompatibilityScope scope(Compatibility::tf14);
  EXPECT_EQ(written<Regularizer>("l2").dump(),
            R"({"class_name":"L1L2","config":{"l1":0.0,"l2":0.009999999776482582}})");
  EXPECT_EQ(written<Regularizer>("l1")["config"].dump(), R"({"l1":0.009999999776482582,"l2":0.0})");
  EXPECT_EQ(written<Regularizer>("l1_l2")["config"].dump(),
            R"({"l1":0.009999999776482582,"l2":0.009999999776482582})");
}

TEST(Regularizer, KnowsTheNamesOfAllGenerations) {
  for (const char* name : {"l1", "L1"}) EXPECT_EQ(Regularizer(name).name(), "L1");
  for (const char* name : {"l2", "L2"}) EXPECT_EQ(Regularizer(name).name(), "L2");
  for (const char* name : {"l1l2", "L1L2", "l1_l2"}) EXPECT_EQ(Regularizer(name).name(), "L1L2");
  for (const char* name : {"OrthogonalRegularizer", "orthogonal_regularizer"}) {
    EXPECT_EQ(Regularizer(name).name(), "OrthogonalRegularizer");
  }
}

struct Largest {
  double factor = 1.0;
  static constexpr const char* kName = "Largest";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("factor", o.factor);
  }
  Tensor operator()(const Tensor& x) const { return ops::multiply(ops::max(x), factor); }
};

TEST(Regularizer, TakesOneOfTheUsersThatIsRegistered) {
  register_regularizer<Largest>("my_package");
  const Json json = written<Regularizer>(Largest{.factor = 2.0});
  EXPECT_EQ(json.dump(), R"({"module":null,"class_name":"Largest","config":{"factor":2.0},)"
                         R"("registered_name":"my_package>Largest"})");
  Regularizer read;
  config_get(json, {"layer 'l'", "kernel_regularizer"}, read);
  EXPECT_EQ(read(kFour).item(), 6.0);
  EXPECT_EQ(Regularizer("my_package>Largest")(kFour).item(), 3.0);

  register_regularizer("sum_all", [](const Tensor& x) { return ops::sum(x); });
  EXPECT_EQ(written<Regularizer>("sum_all").dump(),
            R"({"module":"builtins","class_name":"function","config":"Custom>sum_all",)"
            R"("registered_name":"function"})");
  config_get(written<Regularizer>("sum_all"), {"layer 'l'", "kernel_regularizer"}, read);
  EXPECT_EQ(read(kFour).item(), -2.0);
}

TEST(Regularizer, RefusesFactorsThatAreNotNonNegative) {
  EXPECT_THROW(Regularizer(regularizers::L1({.l1 = -1.0})), ValueError);
  EXPECT_THROW(Regularizer(regularizers::L2({.l2 = std::nan("")})), ValueError);
  EXPECT_THROW(Regularizer(regularizers::L1L2({.l2 = INFINITY})), ValueError);
  EXPECT_THROW(Regularizer(regularizers::OrthogonalRegularizer({.mode = "both"})), ValueError);
  EXPECT_THROW(Regularizer("foo"), ValueError);
}

}  // namespace
}  // namespace sepal
