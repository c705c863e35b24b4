#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/written_config.h"

namespace sepal {
namespace {

using testing::written;

Variable variable(const std::vector<double>& values, const Shape& shape, const char* name, DType dtype) {
  return Variable(Tensor::from(values, shape).astype(dtype), name);
}

// Four updates of two variables with changing gradients; the elements of both afterwards.
std::vector<double> after_four_updates(const Optimizer& optimizer, DType dtype) {
  const Variables variables = {variable({0.5, -1.25, 2.0}, {3}, "a", dtype),
                               variable({1.5, -0.75}, {2, 1}, "b", dtype)};
  for (int step = 0; step < 4; ++step) {
    const Tensor a = Tensor::from({0.1 * (step + 1), -0.2, 0.3 - 0.25 * step}, {3});
    const Tensor b = Tensor::from({1.0 - step, 2.5}, {2, 1});
    optimizer->apply({a.astype(dtype), b.astype(dtype)}, variables);
  }
  std::vector<double> values;
  for (const Variable& v : variables) {
    for (std::int64_t i = 0; i < v.num_elements(); ++i) values.push_back(v.value().at(i));
  }
  return values;
}

struct Case {
  std::function<Optimizer()> make;
  std::vector<double> float64;  // what Keras 3.15 computes with floatx float64
  std::vector<double> float32;  // and float32
};

TEST(Optimizer, UpdatesAsKerasDoes) {
  using namespace optimizers;
  const std::vector<Case> cases = {
      {[] { return Optimizer(SGD({.learning_rate = 0.1})); },
       {0.3999999999999999, -1.17, 2.0300000000000002, 1.7, -1.75},
       {0.4000000059604645, -1.1700000762939453, 2.0299999713897705, 1.7000000476837158, -1.75}},
      {[] { return Optimizer(SGD({.learning_rate = 0.1, .momentum = 0.9})); },
       {0.3144100032973289, -1.0690200043058393, 1.9662800035977364, 1.5461000100851057, -3.0122499461770067},
       {0.3144099712371826, -1.0690200328826904, 1.9662801027297974, 1.5461000204086304,
        -3.0122501850128174}},
      {[] { return Optimizer(SGD({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true})); },
       {0.23296900739240634, -1.0071180081901547, 1.99965200404191, 1.741490007977485, -3.786024897623064},
       {0.2329689860343933, -1.0071179866790771, 1.9996519088745117, 1.7414900064468384, -3.786025047302246}},
      {[] { return Optimizer(Adam()); },
       {0.49611649123490786, -1.246000070648812, 1.9984346304474017, 1.4989310508377265, -0.7539999698666725},
       {0.4961164891719818, -1.2460001707077026, 1.9984346628189087, 1.4989309310913086,
        -0.7539999485015869}},
      {[] {
         return Optimizer(
             Adam({.learning_rate = 0.05, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-3, .amsgrad = true}));
       },
       {0.30667389247346283, -1.0531086994802967, 1.9349646334084585, 1.4592497234930377,
        -0.9497474845347345},
       {0.30667388439178467, -1.0531086921691895, 1.9349645376205444, 1.4592498540878296,
        -0.9497474431991577}},
      {[] { return Optimizer(AdamW({.learning_rate = 0.05})); },
       {0.30548355574112884, -1.0490638231673144, 1.9201792058310634, 1.4453954365125192, -0.949338681740896},
       {0.30548375844955444, -1.0490639209747314, 1.9201792478561401, 1.445395588874817,
        -0.9493384957313538}},
      {[] { return Optimizer(Adam({.learning_rate = 0.05, .weight_decay = 0.1})); },
       {0.2973664108143903, -1.026685384502591, 1.8832060793427736, 1.417835762840793, -0.9336156238474363},
       {0.29736655950546265, -1.0266854763031006, 1.8832061290740967, 1.4178358316421509,
        -0.9336153864860535}},
      {[] { return Optimizer(RMSprop({.learning_rate = 0.05})); },
       {-0.04986877080819868, -0.7958727041967583, 2.0363130618232352, 1.5926972266192232,
        -1.2041307574669395},
       {-0.049868784844875336, -0.7958726286888123, 2.036313056945801, 1.5926971435546875,
        -1.20413076877594}},
      {[] {
         return Optimizer(RMSprop(
             {.learning_rate = 0.05, .rho = 0.8, .momentum = 0.5, .epsilon = 1e-5, .centered = true}));
       },
       {-0.26140636817782603, -0.5820237223893998, 1.932747274492778, 1.5059068079664906,
        -1.4183828899793989},
       {-0.2614063620567322, -0.5820236206054688, 1.9327472448349, 1.5059068202972412, -1.4183828830718994}},
      {[] { return Optimizer(Adagrad({.learning_rate = 0.5})); },
       {-0.5313682841488889, -0.3377198969727669, 2.147430591388859, 1.7731896604246553, -2.1356048631409044},
       {-0.5313682556152344, -0.3377199172973633, 2.147430658340454, 1.773189663887024, -2.1356048583984375}},
      {[] { return Optimizer(Adam({.learning_rate = 0.05, .clipnorm = 0.3})); },
       {0.3058577243008239, -1.053254765480095, 1.9095122558631614, 1.4453041252987013, -0.9494491499292904},
       {0.30585789680480957, -1.0532549619674683, 1.9095122814178467, 1.4453041553497314,
        -0.9494490027427673}},
      {[] { return Optimizer(SGD({.learning_rate = 0.1, .clipnorm = 0.3})); },
       {0.43123930673961886, -1.1899548631082053, 2.0067776066985177, 1.5187408514266327,
        -0.8591346657364065},
       {0.4312393069267273, -1.1899548768997192, 2.006777763366699, 1.5187408924102783, -0.8591346740722656}},
      {[] { return Optimizer(SGD({.learning_rate = 0.1, .clipvalue = 0.25})); },
       {0.41999999999999993, -1.17, 2.015, 1.525, -0.8500000000000001},
       {0.41999998688697815, -1.1700000762939453, 2.015000104904175, 1.524999976158142, -0.8499999046325684}},
      {[] { return Optimizer(SGD({.learning_rate = 0.1, .global_clipnorm = 1.0})); },
       {0.4651047871315784, -1.2212251381065644, 2.0081071619641064, 1.5612035097498609, -1.1096857736679444},
       {0.4651047885417938, -1.2212251424789429, 2.0081071853637695, 1.5612034797668457,
        -1.1096857786178589}},
      {[] { return Optimizer(SGD({.learning_rate = 0.1, .use_ema = true, .ema_momentum = 0.75})); },
       {0.3999999999999999, -1.17, 2.0300000000000002, 1.7, -1.75},
       {0.4000000059604645, -1.1700000762939453, 2.0299999713897705, 1.7000000476837158, -1.75}},
      {[] {
         return Optimizer(SGD(
             {.learning_rate = 0.1, .use_ema = true, .ema_momentum = 0.75, .ema_overwrite_frequency = 2}));
       },
       {0.46187500000000004, -1.2112500000000002, 1.98875, 1.49375, -1.234375},
       {0.4618750214576721, -1.2112500667572021, 1.9887499809265137, 1.4937498569488525, -1.234375}},
      {[] { return Optimizer(SGD({.learning_rate = 0.1, .loss_scale_factor = 4.0})); },
       {0.475, -1.2300000000000004, 2.0075, 1.55, -1.0},
       {0.4750000238418579, -1.2300000190734863, 2.007499933242798, 1.5499999523162842, -1.0}},
      {[] { return Optimizer(Adam({.learning_rate = 0.05, .gradient_accumulation_steps = 2})); },
       {0.4026090932492127, -1.150002016483971, 1.9668866451878895, 1.474709927689956, -0.8499992252372337},
       {0.402609258890152, -1.150002121925354, 1.9668866395950317, 1.4747098684310913, -0.8499990701675415}},
      {[] { return Optimizer(Nadam()); },
       {0.49613771949107405, -1.246750555897695, 2.000077248280621, 1.5005004724230795, -0.7532494455970493},
       {0.49613773822784424, -1.2467505931854248, 2.000077247619629, 1.5005005598068237, -0.75324946641922}},
      {[] { return Optimizer(Adamax({.learning_rate = 0.01})); },
       {0.46888985630946045, -1.2100000288023218, 1.9856918201614373, 1.4891159680618145,
        -0.7899999895976643},
       {0.46888986229896545, -1.2100000381469727, 1.985691785812378, 1.4891159534454346,
        -0.7899999618530273}},
      {[] { return Optimizer(Adadelta({.learning_rate = 0.5})); },
       {0.49604968023112167, -1.247127784213604, 2.0006023370693224, 1.50101285832667, -0.7528722881082776},
       {0.496049702167511, -1.247127890586853, 2.0006022453308105, 1.5010128021240234, -0.7528722882270813}},
      {[] { return Optimizer(Ftrl({.learning_rate = 0.1})); },
       {-0.18300500335722575, -0.011101109316511551, 0.5785336086276434, 1.1023709101278094,
        -0.9330026024800624},
       {-0.18300500512123108, -0.011101137846708298, 0.5785336494445801, 1.1023707389831543,
        -0.9330025911331177}},
      {[] {
         return Optimizer(Ftrl({.learning_rate = 0.1,
                                .learning_rate_power = -0.4,
                                .l1_regularization_strength = 0.01,
                                .l2_regularization_strength = 0.02,
                                .l2_shrinkage_regularization_strength = 0.03,
                                .beta = 0.1}));
       },
       {-0.1370792843362188, 0.013950507628761091, 0.3761992428418057, 0.8968809434095633,
        -0.9149469384106325},
       {-0.13707931339740753, 0.013950496912002563, 0.37619927525520325, 0.8968809843063354,
        -0.9149468541145325}},
      {[] { return Optimizer(Lion({.learning_rate = 0.01, .weight_decay = 0.1})); },
       {0.45806295798167984, -1.2050674549378604, 1.9920519518937427, 1.4940489539229558,
        -0.7869445369452877},
       {0.458063006401062, -1.20506751537323, 1.9920519590377808, 1.4940489530563354, -0.7869445085525513}},
      {[] { return Optimizer(Lamb({.learning_rate = 0.01})); },
       {0.43958670064767125, -1.1877019049384447, 1.9778310960237715, 1.487953993237688, -0.8073109085337564},
       {0.43958669900894165, -1.187701940536499, 1.9778310060501099, 1.487954020500183, -0.8073108792304993}},
  };
  for (const Case& c : cases) {
    set_floatx(DType::float64);
    const Optimizer wide = c.make();
    set_floatx(DType::float32);
    const Optimizer narrow = c.make();
    Json config;
    config_put(config, "optimizer", narrow);
    SCOPED_TRACE(config.dump());
    const std::vector<double> float64 = after_four_updates(wide, DType::float64);
    const std::vector<double> float32 = after_four_updates(narrow, DType::float32);
    for (std::size_t i = 0; i < float64.size(); ++i) {
      EXPECT_NEAR(float64[i], c.float64[i], 1e-9) << i;
      EXPECT_NEAR(float32[i], c.float32[i], 5e-7) << i;
    }
  }
}

TEST(Optimizer, FollowsASchedule) {
  const Optimizer sgd =
      optimizers::SGD({.learning_rate = schedules::ExponentialDecay(
                           {.initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.5})});
  const std::vector<double> keras = {0.44671574234962463, -1.1987868547439575, 1.9923744201660156,
                                     1.5207105875015259, -1.3901649713516235};
  const std::vector<double> got = after_four_updates(sgd, DType::float32);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], keras[i], 5e-7) << i;
}

std::vector<std::string> names_of(const Variables& variables) {
  std::vector<std::string> names;
  for (const Variable& v : variables) names.push_back(v.path());
  return names;
}

Variables two_layers() {
  return {Variable(Tensor::zeros({2}), "kernel", {.path = "c/kernel"}),
          Variable(Tensor::zeros({1}), "bias", {.path = "c/bias"})};
}

TEST(Optimizer, NamesItsVariablesInTheOrderOfKeras) {
  const Optimizer adam = optimizers::Adam({.amsgrad = true});
  EXPECT_EQ(names_of(adam->variables()), (std::vector<std::string>{"adam/iteration", "adam/learning_rate"}));
  adam->build(two_layers());
  EXPECT_EQ(
      names_of(adam->variables()),
      (std::vector<std::string>{"adam/iteration", "adam/learning_rate", "adam/c_kernel_momentum",
                                "adam/c_kernel_velocity", "adam/c_bias_momentum", "adam/c_bias_velocity",
                                "adam/c_kernel_velocity_hat", "adam/c_bias_velocity_hat"}));
  const Optimizer rms = optimizers::RMSprop({.momentum = 0.5, .centered = true, .use_ema = true});
  rms->build(two_layers());
  EXPECT_EQ(names_of(rms->variables()),
            (std::vector<std::string>{
                "rm_sprop/iteration", "rm_sprop/learning_rate", "rm_sprop/c_kernel_average",
                "rm_sprop/c_bias_average", "rm_sprop/c_kernel_velocity", "rm_sprop/c_bias_velocity",
                "rm_sprop/c_kernel_momentum", "rm_sprop/c_bias_momentum",
                "rm_sprop/c_kernel_average_gradient", "rm_sprop/c_bias_average_gradient"}));
  const Optimizer ftrl = optimizers::Ftrl();
  ftrl->build(two_layers());
  EXPECT_EQ(
      names_of(ftrl->variables()),
      (std::vector<std::string>{"ftrl/iteration", "ftrl/learning_rate", "ftrl/c_kernel_accumulator",
                                "ftrl/c_kernel_linear", "ftrl/c_bias_accumulator", "ftrl/c_bias_linear"}));
  const Optimizer scheduled = optimizers::SGD(
      {.learning_rate = schedules::CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 10})});
  EXPECT_EQ(names_of(scheduled->variables()), (std::vector<std::string>{"sgd/iteration"}));
}

TEST(Nadam, KeepsTheProductOfItsMomentaBehindItsSlots) {
  const Optimizer optimizer = optimizers::Nadam();
  const Variables variables = {variable({0.5}, {1}, "a", DType::float32)};
  optimizer->apply({Tensor::ones({1})}, variables);
  const Variables state = optimizer->variables();
  ASSERT_EQ(state.size(), 5U);
  EXPECT_EQ(state[4].name(), "variable");
  // beta_1 * (1 - 0.5 * 0.96)
  EXPECT_NEAR(state[4].value().item(), 0.468, 1e-7);
}

TEST(Optimizer, AppliesConstraintsAfterTheUpdate) {
  const Variable p(Tensor::from({4.0}, {1}), "p", {.constraint = "non_neg"});
  const Variable q(Tensor::from({0.05, 1.0, -1.0}, {3}), "q", {.constraint = "non_neg"});
  const Optimizer sgd = optimizers::SGD({.learning_rate = 1.0});
  EXPECT_EQ(q.value().at(2), -1.0) << "not before the first update";
  sgd->apply({Tensor::from({6.08}, {1}), Tensor::full({3}, 0.1, DType::float64)}, {p, q});
  testing::expect_values(p.value(), {1}, {0.0});
  testing::expect_values(q.value(), {3}, {0.0, 0.9, 0.0});
}

TEST(Optimizer, ReplacesTheVariablesByTheirAveragesAtTheEnd) {
  const Variable a = variable({0.5, -1.25, 2.0}, {3}, "a", DType::float64);
  const Optimizer sgd = optimizers::SGD({.learning_rate = 0.5, .use_ema = true, .ema_momentum = 0.75});
  sgd->apply({Tensor::ones({3}, DType::float64)}, {a});
  sgd->apply({Tensor::ones({3}, DType::float64)}, {a});
  testing::expect_values(a.value(), {3}, {-0.5, -2.25, 1.0});
  sgd->finalize_variable_values({a});
  testing::expect_values(a.value(), {3}, {-0.125, -1.875, 1.375});
}

TEST(Optimizer, LeavesAVariableWithoutAGradientAlone) {
  const Variables v = two_layers();
  const Optimizer sgd = optimizers::SGD({.learning_rate = 1.0});
  sgd->apply({Tensor::ones({2}), Tensor()}, v);
  EXPECT_EQ(v[0].value().at(0), -1.0);
  EXPECT_EQ(v[1].value().at(0), 0.0);
  EXPECT_EQ(sgd->iterations(), 1);
  EXPECT_THROW(sgd->apply({Tensor(), Tensor()}, v), ValueError);
}

TEST(Optimizer, RefusesVariablesAndGradientsThatItDoesNotKnow) {
  const Variables v = two_layers();
  const Optimizer sgd = "sgd";
  sgd->build(v);
  EXPECT_THROW(sgd->apply({Tensor::ones({2})}, {two_layers()[0]}), ValueError);
  EXPECT_THROW(sgd->apply({Tensor::ones({2})}, v), ValueError);
  EXPECT_THROW(sgd->apply({Tensor::ones({3}), Tensor::ones({1})}, v), ValueError);
}

TEST(Optimizer, RefusesOptionsWithoutMeaning) {
  EXPECT_THROW(optimizers::Lion({.beta_1 = 0.0}), ValueError);
  EXPECT_THROW(optimizers::Ftrl({.learning_rate_power = 0.5}), ValueError);
  EXPECT_THROW(optimizers::SGD({.momentum = 1.5}), ValueError);
  EXPECT_THROW(optimizers::SGD({.clipnorm = 1.0, .clipvalue = 1.0}), ValueError);
  EXPECT_THROW(optimizers::SGD({.use_ema = true, .ema_momentum = 2.0}), ValueError);
  EXPECT_THROW(optimizers::SGD({.use_ema = true, .ema_overwrite_frequency = 0}), ValueError);
  EXPECT_THROW(optimizers::SGD({.gradient_accumulation_steps = 1}), ValueError);
  EXPECT_THROW(optimizers::AdamW({.weight_decay = std::nullopt}), ValueError);
  EXPECT_THROW(Optimizer("foo"), ValueError);
  EXPECT_THROW(Optimizer()->name(), RuntimeError);
}

TEST(Optimizer, SetsItsLearningRateUnlessAScheduleDoes) {
  const Optimizer adam = "adam";
  EXPECT_EQ(adam->learning_rate(), static_cast<double>(0.001F));
  adam->set_learning_rate(0.25);
  EXPECT_EQ(adam->learning_rate(), 0.25);
  adam->set_schedule([](std::int64_t step) { return 1.0 / static_cast<double>(step + 1); });
  const Variables v = two_layers();
  adam->apply({Tensor::ones({2}), Tensor::ones({1})}, v);
  EXPECT_EQ(adam->learning_rate(), 0.5);
  EXPECT_THROW(adam->set_learning_rate(0.1), TypeError);
}

Optimizer read_optimizer(const std::string& text) {
  Optimizer optimizer;
  config_get(Json::parse(text), {"model", "optimizer"}, optimizer);
  return optimizer;
}

TEST(Optimizer, WritesAndReadsTheEnvelopeOfKeras) {
  const char* adam =
      R"({"module":"keras.optimizers","class_name":"Adam","config":{"name":"adam",)"
      R"("learning_rate":0.009999999776482582,"weight_decay":null,"clipnorm":null,"global_clipnorm":null,)"
      R"("clipvalue":null,"use_ema":false,"ema_momentum":0.99,"ema_overwrite_frequency":null,)"
      R"("loss_scale_factor":null,"gradient_accumulation_steps":null,"beta_1":0.9,"beta_2":0.999,)"
      R"("epsilon":1e-07,"amsgrad":true},"registered_name":null})";
  EXPECT_EQ(written<Optimizer>(optimizers::Adam({.learning_rate = 0.01, .amsgrad = true})).dump(), adam);
  EXPECT_EQ(written<Optimizer>(read_optimizer(adam)).dump(), adam);
  for (const char* name : {"sgd", "adamw", "RMSprop", "adagrad"}) {
    const Json json = written<Optimizer>(name);
    EXPECT_EQ(written<Optimizer>(read_optimizer(json.dump())).dump(), json.dump());
  }
  const Json scheduled = written<Optimizer>(
      optimizers::SGD({.learning_rate = schedules::ExponentialDecay(
                           {.initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.5})}));
  EXPECT_EQ(scheduled["config"]["learning_rate"].dump(),
            R"({"module":"keras.optimizers.schedules","class_name":"ExponentialDecay","config":)"
            R"({"initial_learning_rate":0.1,"decay_steps":2,"decay_rate":0.5,"staircase":false,)"
            R"("name":"ExponentialDecay"},"registered_name":null})");
  EXPECT_EQ(written<Optimizer>(read_optimizer(scheduled.dump())).dump(), scheduled.dump());
}

TEST(Optimizer, ReadsTheDialectsOfOlderKeras) {
  const Optimizer keras2 = read_optimizer(
      R"({"module":"keras.optimizers.experimental","class_name":"SGD","config":{"name":"SGD",)"
      R"("weight_decay":null,"clipnorm":null,"global_clipnorm":null,"clipvalue":null,"use_ema":false,)"
      R"("ema_momentum":0.99,"ema_overwrite_frequency":100,"jit_compile":false,"is_legacy_optimizer":false,)"
      R"("learning_rate":0.25,"momentum":0.5,"nesterov":true},"registered_name":null})");
  EXPECT_EQ(keras2->learning_rate(), 0.25);
  EXPECT_EQ(written<Optimizer>(keras2)["config"]["nesterov"], true);
  const Optimizer keras1 =
      read_optimizer(R"({"class_name":"Adam","config":{"lr":0.5,"beta_1":0.75,"decay":0.0}})");
  EXPECT_EQ(keras1->learning_rate(), 0.5);
  EXPECT_EQ(written<Optimizer>(keras1)["config"]["beta_1"], 0.75);
  EXPECT_THROW(read_optimizer(R"({"class_name":"Adam","config":{"momentum":0.5}})"), TypeError);
  EXPECT_FALSE(read_optimizer("null"));
}

TEST(Optimizer, GivesTheSameBitsForAnyNumberOfThreads) {
  const int before = num_threads();
  std::vector<Tensor> results;
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    const Variable v(testing::varied({100003}, 1, DType::float32), "v");
    const Optimizer adam = optimizers::Adam({.learning_rate = 0.1, .clipnorm = 0.5});
    for (unsigned step = 0; step < 3; ++step)
      adam->apply({testing::varied({100003}, step, DType::float32)}, {v});
    results.push_back(v.value());
  }
  set_num_threads(before);
  testing::expect_same_bits(results[0], results[1]);
}

class Halving final : public optimizers::OptimizerBase {
 public:
  Halving() : OptimizerBase(optimizers::common_options(optimizers::SGDOptions{.name = "halving"})) {}
  const char* class_name() const override { return "Halving"; }
  const char* registered_name() const override { return "Custom>Halving"; }
  void write_config(Json&) const override {}

 protected:
  std::vector<SlotGroup> slot_groups() const override { return {}; }
  void update(Step& step) override { step.variable.mutable_value().mutable_data<float>()[0] *= 0.5F; }
};

TEST(Optimizer, TakesAClassOfTheUsers) {
  Optimizer::add("Halving",
                 [](const Json*, const std::string&) { return Optimizer(std::make_shared<Halving>()); });
  const Optimizer halving = read_optimizer(written<Optimizer>(Optimizer(std::make_shared<Halving>())).dump());
  const Variable v(Tensor::ones({1}), "v");
  halving->apply({Tensor::ones({1})}, {v});
  EXPECT_EQ(v.value().item(), 0.5);
}

}  // namespace
}  // namespace sepal
