#include "sepal/train/optimizers/schedules.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"

namespace sepal {
namespace {

// Rates at these steps, from Keras 3.15, which computes them in float32.
constexpr std::int64_t kSteps[] = {0, 1, 5, 7, 10, 13, 25};

void expect_rates(const Schedule& schedule, const std::vector<double>& want) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(schedule(kSteps[i]), want[i], 2e-7 * (1.0 + want[i])) << "step " << kSteps[i];
  }
}

TEST(ExponentialDecay, MultipliesByTheRatePerPeriod) {
  schedules::ExponentialDecay decay{.initial_learning_rate = 0.1, .decay_steps = 10, .decay_rate = 0.5};
  expect_rates(decay, {0.1, 0.09330330044031143, 0.0707106813788414, 0.06155722215771675, 0.05000000074505806,
                       0.04061261937022209, 0.01767767034471035});
  decay.staircase = true;
  expect_rates(decay, {0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.025});
}

TEST(PiecewiseConstantDecay, ABoundaryBelongsToTheValueBefore) {
  expect_rates(schedules::PiecewiseConstantDecay({.boundaries = {5, 10}, .values = {1.0, 0.5, 0.1}}),
               {1.0, 1.0, 1.0, 0.5, 0.5, 0.1, 0.1});
  EXPECT_THROW(Schedule(schedules::PiecewiseConstantDecay({.boundaries = {5}, .values = {1.0}})), ValueError);
}

TEST(PolynomialDecay, StaysAtItsEndOrStartsAgain) {
  schedules::PolynomialDecay decay{
      .initial_learning_rate = 0.1, .decay_steps = 10, .end_learning_rate = 0.01, .power = 2.0};
  expect_rates(decay,
               {0.1, 0.08289999514818192, 0.032499998807907104, 0.01810000091791153, 0.01, 0.01, 0.01});
  decay.power = 0.5;
  decay.cycle = true;
  expect_rates(decay, {0.1, 0.09538149833679199, 0.07363960891962051, 0.059295035898685455, 0.01,
                       0.06324472278356552, 0.04674234986305237});
}

TEST(InverseTimeDecay, DividesByOnePlusTheRatePerPeriod) {
  schedules::InverseTimeDecay decay{.initial_learning_rate = 0.1, .decay_steps = 10, .decay_rate = 0.5};
  expect_rates(decay, {0.1, 0.0952381044626236, 0.07999999821186066, 0.07407407462596893, 0.06666667014360428,
                       0.06060606241226196, 0.04444444552063942});
  decay.staircase = true;
  expect_rates(decay, {0.1, 0.1, 0.1, 0.1, 0.06666667014360428, 0.06666667014360428, 0.05});
}

TEST(CosineDecay, FallsAlongACosineAfterAnOptionalRise) {
  expect_rates(schedules::CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 20, .alpha = 0.1}),
               {0.1, 0.09944597631692886, 0.08681981265544891, 0.07542957365512848, 0.05499999597668648,
                0.03457043319940567, 0.01});
  expect_rates(schedules::CosineDecay({.initial_learning_rate = 0.0,
                                       .decay_steps = 20,
                                       .alpha = 0.1,
                                       .warmup_target = 0.2,
                                       .warmup_steps = 10}),
               {0.0, 0.02, 0.1, 0.14, 0.2, 0.19019058346748352, 0.04636039212346077});
}

TEST(CosineDecayRestarts, StartsLongerAndLowerEachTime) {
  expect_rates(
      schedules::CosineDecayRestarts(
          {.initial_learning_rate = 0.1, .first_decay_steps = 4, .t_mul = 2.0, .m_mul = 0.5, .alpha = 0.1}),
      {0.1, 0.08681981265544891, 0.05328729376196861, 0.04111037775874138, 0.016590097919106483,
       0.03228383511304855, 0.011895966716110706});
  expect_rates(schedules::CosineDecayRestarts(
                   {.initial_learning_rate = 0.1, .first_decay_steps = 4, .t_mul = 1.0, .m_mul = 0.9}),
               {0.1, 0.08535534143447876, 0.07681980729103088, 0.013180195353925228, 0.04049999639391899,
                0.06222403794527054, 0.04536132141947746});
}

TEST(Schedule, ReadsBackWhatItWrites) {
  for (const char* text :
       {R"({"module":"keras.optimizers.schedules","class_name":"PiecewiseConstantDecay","config":)"
        R"({"boundaries":[5,10],"values":[1.0,0.5,0.1],"name":"PiecewiseConstant"},"registered_name":null})",
        R"({"module":"keras.optimizers.schedules","class_name":"CosineDecay","config":)"
        R"({"initial_learning_rate":0.1,"decay_steps":20,"alpha":0.1,"name":"CosineDecay",)"
        R"("warmup_target":null,"warmup_steps":0},"registered_name":null})",
        R"({"module":"keras.optimizers.schedules","class_name":"CosineDecayRestarts","config":)"
        R"({"initial_learning_rate":0.1,"first_decay_steps":4,"t_mul":2.0,"m_mul":0.5,"alpha":0.1,)"
        R"("name":"SGDRDecay"},"registered_name":null})",
        R"({"module":"keras.optimizers.schedules","class_name":"PolynomialDecay","config":)"
        R"({"initial_learning_rate":0.1,"decay_steps":10,"end_learning_rate":0.01,"power":2.0,"cycle":false,)"
        R"("name":"PolynomialDecay"},"registered_name":null})"}) {
    LearningRate rate = 0.0;
    config_get(Json::parse(text), {"optimizer", "learning_rate"}, rate);
    Json out;
    config_put(out, "x", rate);
    EXPECT_EQ(out["x"].dump(), text);
  }
}

TEST(Schedule, RefusesPeriodsThatAreNotPositive) {
  EXPECT_THROW(Schedule(schedules::ExponentialDecay({.decay_steps = 0})), ValueError);
  EXPECT_THROW(Schedule(schedules::CosineDecayRestarts({.first_decay_steps = -1})), ValueError);
  LearningRate rate = 0.0;
  EXPECT_THROW(config_get(Json("0.1"), {"optimizer", "learning_rate"}, rate), ValueError);
  EXPECT_THROW(config_get(Json(nullptr), {"optimizer", "learning_rate"}, rate), ValueError);
}

TEST(LearningRate, ReadsASchedulesMissingNameOfKeras2) {
  LearningRate rate = 0.0;
  config_get(
      Json::parse(R"({"module":"keras.optimizers.schedules","class_name":"ExponentialDecay","config":)"
                  R"({"initial_learning_rate":0.01,"decay_steps":3,"decay_rate":0.9,"staircase":false,)"
                  R"("name":null},"registered_name":null})"),
      {"optimizer", "learning_rate"}, rate);
  EXPECT_DOUBLE_EQ(rate.schedule()(3), 0.009);
}

}  // namespace
}  // namespace sepal
