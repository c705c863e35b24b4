#include "sepal/ops/activations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::error_text;
using testing::expect_gradients_match_finite_differences;
using testing::expect_second_derivatives_match_finite_differences;
using testing::expect_values;
using testing::varied;

struct ActivationCase {
  const char* name;
  Tensor (*f)(const Tensor&);
  std::vector<double> y;
  std::vector<double> slope;
};

// What Keras 3.15 gives in float64 on TensorFlow at kPoints: keras.activations.NAME and its gradient. gelu
// and squareplus are computed to 40 digits from their formulas instead: TensorFlow rounds the constants of
// the one to float32 and cancels in the other.
const std::vector<double> kPoints{-30, -6, -3, -1.25, -0.5, 0, 0.5, 1.25, 3, 6, 30};
const std::vector<ActivationCase> kActivations{
    {"relu(x)",
     [](const Tensor& x) { return relu(x); },
     {0, 0, 0, 0, 0, 0, 0.5, 1.25, 3, 6, 30},
     {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1}},
    {"relu(x, 0.25)",
     [](const Tensor& x) { return relu(x, 0.25); },
     {-7.5, -1.5, -0.75, -0.3125, -0.125, 0, 0.5, 1.25, 3, 6, 30},
     {0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 1, 1, 1, 1, 1}},
    {"relu(x, 0, 3.0)",
     [](const Tensor& x) { return relu(x, 0, 3.0); },
     {0, 0, 0, 0, 0, 0, 0.5, 1.25, 3, 3, 3},
     {0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0}},
    {"relu(x, 0, 6.0)",
     [](const Tensor& x) { return relu(x, 0, 6.0); },
     {0, 0, 0, 0, 0, 0, 0.5, 1.25, 3, 6, 6},
     {0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0}},
    {"relu(x, 0, -1, 0.5)",
     [](const Tensor& x) { return relu(x, 0, -1, 0.5); },
     {0, 0, 0, 0, 0, 0, 0, 1.25, 3, 6, 30},
     {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}},
    {"relu(x, 0.25, 3, 0.5)",
     [](const Tensor& x) { return relu(x, 0.25, 3, 0.5); },
     {-7.625, -1.625, -0.875, -0.4375, -0.25, -0.125, 0, 1.25, 3, 3, 3},
     {0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0, 1, 1, 0, 0}},
    {"relu(x, 0.25, 6.0)",
     [](const Tensor& x) { return relu(x, 0.25, 6.0); },
     {-7.5, -1.5, -0.75, -0.3125, -0.125, 0, 0.5, 1.25, 3, 6, 6},
     {0.25, 0.25, 0.25, 0.25, 0.25, 0, 1, 1, 1, 0, 0}},
    {"relu(x, 0, 3, -3.0)",
     [](const Tensor& x) { return relu(x, 0, 3, -3.0); },
     {0, 0, 0, 0, 0, 0, 0.5, 1.25, 3, 3, 3},
     {0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0}},
    {"relu6(x)",
     [](const Tensor& x) { return relu6(x); },
     {0, 0, 0, 0, 0, 0, 0.5, 1.25, 3, 6, 6},
     {0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0}},
    {"elu(x)",
     [](const Tensor& x) { return elu(x); },
     {-0.9999999999999064, -0.9975212478233336, -0.950212931632136, -0.7134952031398099, -0.3934693402873666,
      0, 0.5, 1.25, 3, 6, 30},
     {9.35918009759007e-14, 0.0024787521766663767, 0.04978706836786395, 0.28650479686019015,
      0.6065306597126334, 1, 1, 1, 1, 1, 1}},
    {"elu(x, 0.5)",
     [](const Tensor& x) { return elu(x, 0.5); },
     {-0.4999999999999532, -0.4987606239116668, -0.475106465816068, -0.3567476015699049, -0.1967346701436833,
      0, 0.5, 1.25, 3, 6, 30},
     {4.679590048795035e-14, 0.0012393760883331884, 0.024893534183931976, 0.14325239843009507,
      0.3032653298563167, 0.5, 1, 1, 1, 1, 1}},
    {"selu(x)",
     [](const Tensor& x) { return selu(x); },
     {-1.7580993408472123, -1.7537414482794558, -1.670568728767112, -1.254395446337865, -0.6917581878028713,
      0, 0.5253504936777402, 1.3133762341943505, 3.1521029620664414, 6.304205924132883, 31.521029620664414},
     {1.645350522494482e-13, 0.004357892567921073, 0.0875306120802648, 0.5037038945095118, 1.0663411530445055,
      1.0507009873554805, 1.0507009873554805, 1.0507009873554805, 1.0507009873554805, 1.0507009873554805,
      1.0507009873554805}},
    {"celu(x)",
     [](const Tensor& x) { return celu(x); },
     {-0.9999999999999064, -0.9975212478233336, -0.950212931632136, -0.7134952031398099, -0.3934693402873666,
      0, 0.5, 1.25, 3, 6, 30},
     {9.357622968840175e-14, 0.0024787521766663585, 0.049787068367863944, 0.2865047968601901,
      0.6065306597126334, 2, 1, 1, 1, 1, 1}},
    {"celu(x, 0.5)",
     [](const Tensor& x) { return celu(x, 0.5); },
     {-0.5, -0.49999692789382333, -0.4987606239116668, -0.4589575006880506, -0.31606027941427883, 0, 0.5,
      1.25, 3, 6, 30},
     {8.75651076269652e-27, 6.14421235332821e-06, 0.0024787521766663585, 0.0820849986238988,
      0.3678794411714423, 2, 1, 1, 1, 1, 1}},
    {"gelu(x)",
     [](const Tensor& x) { return gelu(x); },
     {-1.472014178144456e-196, -5.9195258702261885e-09, -0.0040496940948902835, -0.13206221708356908,
      -0.15426876936299344, 0, 0.34573123063700656, 1.117937782916431, 2.99595030590511, 5.999999994080474,
      30},
     {-4.416031690708495e-195, -3.5468709453902015e-08, -0.011945647204183927, -0.12266158306942213,
      0.13250487534383715, 0.5, 0.8674951246561629, 1.1226615830694222, 1.011945647204184, 1.0000000354687095,
      1}},
    {"gelu(x, true)",
     [](const Tensor& x) { return gelu(x, true); },
     {0, -8.439646700762297e-11, -0.003637392081773019, -0.1322857970302854, -0.15428599017485609, 0,
      0.34571400982514394, 1.1177142029697147, 2.996362607918227, 5.9999999999156035, 30},
     {0, -7.709973930953696e-10, -0.011584166630969726, -0.12249263224964864, 0.1326300964653577, 0.5,
      0.8673699035346423, 1.1224926322496487, 1.0115841666309697, 1.0000000007709975, 1}},
    {"sigmoid(x)",
     [](const Tensor& x) { return sigmoid(x); },
     {9.3576229688393e-14, 0.0024726231566347748, 0.04742587317756679, 0.22270013882530884,
      0.37754066879814546, 0.5, 0.6224593312018546, 0.7772998611746912, 0.9525741268224333,
      0.9975273768433652, 0.9999999999999064},
     {9.357622968838424e-14, 0.0024665092913600485, 0.045176659730912144, 0.173104786992497,
      0.23500371220159447, 0.25, 0.2350037122015945, 0.17310478699249698, 0.0451766597309121,
      0.0024665092913600415, 9.359180097589194e-14}},
    {"hard_sigmoid(x)",
     [](const Tensor& x) { return hard_sigmoid(x); },
     {0, 0, 0, 0.2916666666666667, 0.4166666666666667, 0.5, 0.5833333333333334, 0.7083333333333334, 1, 1, 1},
     {0, 0, 0, 0.16666666666666666, 0.16666666666666666, 0.16666666666666666, 0.16666666666666666,
      0.16666666666666666, 0, 0, 0}},
    {"hard_silu(x)",
     [](const Tensor& x) { return hard_silu(x); },
     {-0, -0, -0, -0.36458333333333337, -0.20833333333333334, 0, 0.2916666666666667, 0.8854166666666667, 3, 6,
      30},
     {0, 0, 0, 0.08333333333333334, 0.33333333333333337, 0.5, 0.6666666666666667, 0.9166666666666667, 1, 1,
      1}},
    {"hard_tanh(x)",
     [](const Tensor& x) { return hard_tanh(x); },
     {-1, -1, -1, -1, -0.5, 0, 0.5, 1, 1, 1, 1},
     {0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0}},
    {"hard_shrink(x)",
     [](const Tensor& x) { return hard_shrink(x); },
     {-30, -6, -3, -1.25, 0, 0, 0, 1.25, 3, 6, 30},
     {1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1}},
    {"soft_shrink(x)",
     [](const Tensor& x) { return soft_shrink(x); },
     {-29.5, -5.5, -2.5, -0.75, 0, 0, 0, 0.75, 2.5, 5.5, 29.5},
     {1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1}},
    {"tanh_shrink(x)",
     [](const Tensor& x) { return tanh_shrink(x); },
     {-29, -5.000012288349204, -2.0049452463132695, -0.4017163600424871, -0.03788284273999021, 0,
      0.03788284273999021, 0.4017163600424871, 2.0049452463132695, 5.000012288349204, 29},
     {1, 0.9999754234525949, 0.9901339628345598, 0.7195851338195673, 0.2135522670340726, 0,
      0.2135522670340726, 0.7195851338195673, 0.9901339628345598, 0.9999754234525947, 1}},
    {"threshold(x, 0.5, 20.0)",
     [](const Tensor& x) { return threshold(x, 0.5, 20.0); },
     {20, 20, 20, 20, 20, 20, 20, 1.25, 3, 6, 30},
     {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}},
    {"tanh(x)",
     [](const Tensor& x) { return tanh(x); },
     {-1, -0.9999877116507957, -0.9950547536867305, -0.8482836399575129, -0.4621171572600098, 0,
      0.4621171572600098, 0.8482836399575129, 0.9950547536867305, 0.9999877116507956, 1},
     {0, 2.4576547405064098e-05, 0.009866037165440211, 0.28041486618043265, 0.7864477329659274, 1,
      0.7864477329659274, 0.28041486618043265, 0.009866037165440211, 2.4576547405286142e-05, 0}},
    {"silu(x)",
     [](const Tensor& x) { return silu(x); },
     {-2.80728689065179e-12, -0.014835738939808649, -0.14227761953270035, -0.27837517353163604,
      -0.18877033439907273, 0, 0.3112296656009273, 0.971624826468364, 2.8577223804672998, 5.985164261060191,
      29.999999999997193},
     {-2.7137106609631345e-12, -0.012326432591525514, -0.08810410601516963, 0.006319155084687563,
      0.26003881269734824, 0.5, 0.7399611873026519, 0.9936808449153124, 1.0881041060151695,
      1.0123264325915255, 1.000000000002714}},
    {"mish(x)",
     [](const Tensor& x) { return mish(x); },
     {-2.807286890651921e-12, -0.014854080479424998, -0.14564746127562458, -0.3084139611415276,
      -0.22074377465173, 0, 0.37524521130489513, 1.131870304241039, 2.9865350049679575, 5.999926634065252,
      30},
     {-2.7137106609633926e-12, -0.012359967931781313, -0.09339311453232085, -0.014697562473019593,
      0.2895106779135122, 0.6000000000000001, 0.8864243753577273, 1.0804630931482313, 1.0211069109294435,
      1.0001341405062103, 1}},
    {"exponential(x)",
     [](const Tensor& x) { return exponential(x); },
     {9.357622968840175e-14, 0.0024787521766663585, 0.049787068367863944, 0.2865047968601901,
      0.6065306597126334, 1, 1.6487212707001282, 3.4903429574618414, 20.085536923187668, 403.4287934927351,
      10686474581524.463},
     {9.357622968840175e-14, 0.0024787521766663585, 0.049787068367863944, 0.2865047968601901,
      0.6065306597126334, 1, 1.6487212707001282, 3.4903429574618414, 20.085536923187668, 403.4287934927351,
      10686474581524.463}},
    {"softplus(x)",
     [](const Tensor& x) { return softplus(x); },
     {9.357622968839737e-14, 0.00247568513773045, 0.048587351573742055, 0.25192908134537284,
      0.4740769841801067, 0.6931471805599453, 0.9740769841801067, 1.501929081345373, 3.048587351573742,
      6.00247568513773, 30.000000000000092},
     {9.3576229688393e-14, 0.0024726231566347748, 0.04742587317756679, 0.22270013882530884,
      0.37754066879814546, 0.5, 0.6224593312018546, 0.7772998611746912, 0.9525741268224333,
      0.9975273768433652, 0.9999999999999064}},
    {"softsign(x)",
     [](const Tensor& x) { return softsign(x); },
     {-0.967741935483871, -0.8571428571428571, -0.75, -0.5555555555555556, -0.3333333333333333, 0,
      0.3333333333333333, 0.5555555555555556, 0.75, 0.8571428571428571, 0.967741935483871},
     {0.001040582726326743, 0.02040816326530612, 0.0625, 0.19753086419753085, 0.4444444444444444, 1,
      0.4444444444444444, 0.19753086419753085, 0.0625, 0.02040816326530612, 0.001040582726326743}},
    {"squareplus(x)",
     [](const Tensor& x) { return squareplus(x); },
     {0.03329637837290827, 0.16227766016837933, 0.3027756377319947, 0.5542476415070755, 0.7807764064044151, 1,
      1.2807764064044151, 1.8042476415070754, 3.302775637731995, 6.162277660168379, 30.03329637837291},
     {0.001107421071695522, 0.0256583509747431, 0.08397485283107815, 0.23500052999841, 0.3787321874818335,
      0.5, 0.6212678125181665, 0.76499947000159, 0.9160251471689218, 0.9743416490252569, 0.9988925789283045}},
    {"sparse_plus(x)",
     [](const Tensor& x) { return sparse_plus(x); },
     {0, 0, 0, 0, 0.0625, 0.25, 0.5625, 1.25, 3, 6, 30},
     {0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1}},
    {"sparse_sigmoid(x)",
     [](const Tensor& x) { return sparse_sigmoid(x); },
     {0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1},
     {0, 0, 0, 0, 0.5, 0.5, 0.5, 0, 0, 0, 0}},
    {"log_sigmoid(x)",
     [](const Tensor& x) { return log_sigmoid(x); },
     {-30.00000000000009, -6.00247568513773, -3.048587351573742, -1.501929081345373, -0.9740769841801067,
      -0.6931471805599453, -0.4740769841801067, -0.25192908134537284, -0.04858735157374206,
      -0.0024756851377304495, -9.357622968839737e-14},
     {0.9999999999999064, 0.9975273768433652, 0.9525741268224333, 0.7772998611746912, 0.6224593312018546, 0.5,
      0.37754066879814546, 0.22270013882530884, 0.04742587317756679, 0.0024726231566347748,
      9.3576229688393e-14}},
};

Tensor gradient(const std::function<Tensor(const Tensor&)>& f, const Tensor& x, const Tensor& weights = {}) {
  GradientTape tape;
  tape.watch(x);
  const Tensor y = f(x);
  return tape.gradient(y, {x}, weights)[0];
}

TEST(Activations, GiveTheValuesOfKeras) {
  const Tensor x = Tensor::from(kPoints, {11});
  for (const ActivationCase& c : kActivations) {
    SCOPED_TRACE(c.name);
    expect_values(c.f(x), {11}, c.y, 1e-14, 1e-24);
    expect_values(c.f(x.astype(DType::float32)), {11}, c.y, 4e-7, 4e-9);
  }
}

TEST(Activations, GiveTheDerivativesOfKerasAlsoAtKinks) {
  const Tensor x = Tensor::from(kPoints, {11});
  for (const ActivationCase& c : kActivations) {
    SCOPED_TRACE(c.name);
    expect_values(gradient(c.f, x), {11}, c.slope, 1e-14, 1e-15);
    expect_values(gradient(c.f, x.astype(DType::float32)), {11}, c.slope, 1e-6, 3e-7);
  }
}

TEST(Activations, HaveTheGradientsOfFiniteDifferences) {
  for (const ActivationCase& c : kActivations) {
    SCOPED_TRACE(c.name);
    expect_gradients_match_finite_differences([&](const Tensors& x) { return c.f(x[0]); }, {varied({3, 5})});
  }
}

TEST(Activations, HaveSecondDerivatives) {
  for (const ActivationCase& c : kActivations) {
    SCOPED_TRACE(c.name);
    expect_second_derivatives_match_finite_differences([&](const Tensors& x) { return c.f(x[0]); },
                                                       {varied({3, 5})});
  }
}

TEST(Activations, SayThatTheThirdDerivativeOfATanhIsMissing) {
  const Tensor x = varied({3});
  GradientTape third;
  third.watch(x);
  const Tensor second = gradient([](const Tensor& v) { return gradient(tanh, v); }, x);
  EXPECT_THROW((void)third.gradient(second, {x}), RuntimeError);
}

TEST(Activations, KeepNaNAndStayFiniteFarOut) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = Tensor::from<double>({nan, -1000, 1000}, {3});
  expect_values(relu(x), {3}, {nan, 0, 1000});
  expect_values(relu6(x), {3}, {nan, 0, 6});
  expect_values(relu(x, 0.5, 8.0, 1.0), {3}, {nan, -500.5, 8});
  expect_values(softplus(x), {3}, {nan, 0, 1000});
  expect_values(log_sigmoid(x), {3}, {nan, -1000, 0});
  expect_values(sigmoid(x), {3}, {nan, 0, 1});
  expect_values(silu(x), {3}, {nan, 0, 1000});
  expect_values(mish(x), {3}, {nan, 0, 1000});
  expect_values(gelu(x, true), {3}, {nan, 0, 1000});
  expect_values(elu(x), {3}, {nan, -1, 1000});
  expect_values(celu(x), {3}, {nan, -1, 1000});
  expect_values(gradient(mish, x), {3}, {nan, 0, 1});
  expect_values(gradient(softplus, x), {3}, {nan, 0, 1});
}

TEST(LeakyRelu, PassesTheSlopeAtZero) {
  const auto f = [](const Tensor& v) { return leaky_relu(v, 0.25); };
  const Tensor x = Tensor::from<double>({-2, 0, 2}, {3});
  expect_values(f(x), {3}, {-0.5, 0, 2});
  expect_values(gradient(f, x), {3}, {0.25, 0.25, 1});
}

TEST(HardSigmoid, HasItsOldMeaningUnderItsOldName) {
  // Keras 2: 0 below -2.5, 1 above 2.5, 0.2 x + 0.5 between.
  expect_values(hard_sigmoid_legacy(Tensor::from<double>({-3, -2.5, -1, 0, 2, 3}, {6})), {6},
                {0, 0, 0.3, 0.5, 0.9, 1});
}

TEST(Activations, RefuseIntegers) {
  const std::string text = error_text<TypeError>([] { (void)relu(Tensor::zeros({2}, DType::int32)); });
  EXPECT_NE(text.find("int32"), std::string::npos) << text;
}

TEST(Glu, MultipliesTheFirstHalfByTheSigmoidOfTheSecond) {
  const Tensor x = Tensor::from<double>({1, 0.9, -1, 0.3, 2, 0, 0, 0}, {2, 4});
  const Tensor y = glu(x);
  expect_values(y, {2, 2}, {0.2689414213699951, 0.5169982651304932, 1, 0}, 1e-15);
  expect_gradients_match_finite_differences([](const Tensors& v) { return glu(v[0], 1); },
                                            {varied({2, 4, 3})});
  expect_second_derivatives_match_finite_differences([](const Tensors& v) { return glu(v[0]); },
                                                     {varied({2, 4})});
}

TEST(Glu, RefusesAnOddLength) {
  const std::string text = error_text<ValueError>([] { (void)glu(Tensor::zeros({2, 3})); });
  EXPECT_NE(text.find("divisible by 2"), std::string::npos) << text;
  EXPECT_NE(text.find("(2, 3)"), std::string::npos) << text;
}

}  // namespace
}  // namespace sepal::ops
