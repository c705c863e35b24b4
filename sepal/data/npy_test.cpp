#include "sepal/data/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "tests/support/error_text.h"
#include "tests/support/npz.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using ::testing::AllOf;
using testing::error_text;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

// Files written by NumPy: tests/golden/npy/make.py.
std::string golden(const std::string& name) {
  return std::string(SEPAL_SOURCE_DIR) + "/tests/golden/npy/" + name + ".npy";
}

std::vector<std::byte> golden_bytes(const std::string& name) { return read_file(golden(name), 1 << 20); }

// A format 1.0 file with `dictionary` for a header and `data_bytes` zero bytes of elements.
std::vector<std::byte> file_with(const std::string& dictionary, std::size_t data_bytes) {
  std::string text = "\x93NUMPY";
  text += {'\x01', '\x00', static_cast<char>(dictionary.size() % 256),
           static_cast<char>(dictionary.size() / 256)};
  text += dictionary + std::string(data_bytes, '\0');
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string refusal_of_npy(const std::string& dictionary, std::size_t data_bytes = 0) {
  return error_text<ValueError>([&] { (void)parse_npy(file_with(dictionary, data_bytes), "x.npy"); });
}

struct TypeCase {
  const char* code;
  DType dtype;
};

class NpyDType : public ::testing::TestWithParam<TypeCase> {};

// make.py stored steps of 20 with a half added, which whole numbers drop.
std::vector<double> stored_values(DType dtype) {
  const double half = is_floating(dtype) ? 0.5 : 0;
  return {half, 20 + half, 40 + half, 60 + half, 80 + half, 100 + half};
}

TEST_P(NpyDType, ReadsBothByteOrders) {
  const auto [code, dtype] = GetParam();
  for (const char* order : {"little_", "big_"}) {
    const Tensor read = read_npy(golden(order + std::string(code)));
    EXPECT_EQ(read.dtype(), dtype);
    testing::expect_values(read, {2, 3}, stored_values(dtype));
  }
}

TEST_P(NpyDType, WritesWhatNumPyWrites) {
  const auto [code, dtype] = GetParam();
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", Tensor::from(stored_values(dtype), {2, 3}).astype(dtype));
  EXPECT_EQ(read_file(folder / "a.npy", 1 << 20), golden_bytes("little_" + std::string(code)));
}

INSTANTIATE_TEST_SUITE_P(All, NpyDType,
                         ::testing::Values(TypeCase{"f2", DType::float16}, TypeCase{"f4", DType::float32},
                                           TypeCase{"f8", DType::float64}, TypeCase{"i1", DType::int8},
                                           TypeCase{"i2", DType::int16}, TypeCase{"i4", DType::int32},
                                           TypeCase{"i8", DType::int64}, TypeCase{"u1", DType::uint8},
                                           TypeCase{"u2", DType::uint16}, TypeCase{"u4", DType::uint32},
                                           TypeCase{"u8", DType::uint64}),
                         [](const auto& info) { return std::string(info.param.code); });

TEST(Npy, ReadsFortranOrder) {
  std::vector<double> ramp(24);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<double>(i);
  testing::expect_values(read_npy(golden("fortran")), {2, 3, 4}, ramp);
}

TEST(Npy, ReadsBoolAndScalarAndEmpty) {
  const Tensor flags = read_npy(golden("bool"));
  EXPECT_EQ(flags.dtype(), DType::boolean);
  testing::expect_values(flags, {3}, {1, 0, 1});
  testing::expect_values(read_npy(golden("scalar")), {}, {2.5});
  EXPECT_EQ(read_npy(golden("empty")).shape(), Shape({0, 3}));
}

TEST(Npy, TakesEveryOtherByteForTrue) {
  std::vector<std::byte> bytes = golden_bytes("bool");
  bytes.back() = std::byte{0xFF};
  EXPECT_EQ(std::memcmp(parse_npy(bytes, "x").raw(), "\1\0\1", 3), 0);
}

TEST(Npy, ReadsFormats2And3) {
  testing::expect_values(read_npy(golden("format_2")), {3}, {0, 1, 2});
  testing::expect_values(read_npy(golden("format_3")), {3}, {0, 1, 2});
}

TEST(Npy, ReadsAHeaderWrittenByOtherHands) {
  testing::expect_values(
      parse_npy(file_with("{\"shape\":(2L,),\"descr\":\"<i2\",\"fortran_order\":False}", 4), "x"), {2},
      {0, 0});
}

TEST(Npy, WritesScalarsAndEmptyArrays) {
  const TemporaryFolder folder;
  for (const Tensor& tensor :
       {Tensor::scalar(2.5), Tensor::zeros({0, 3}), Tensor::ones({2}, DType::boolean)}) {
    write_npy(folder / "a.npy", tensor);
    testing::expect_same_bits(read_npy(folder / "a.npy"), tensor);
  }
}

TEST(Npy, RefusesToWriteWhatNumPyLacks) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_npy(folder / "a.npy", Tensor::ones({2}, DType::bfloat16)), TypeError);
  EXPECT_THROW(write_npy(folder / "a.npy", Tensor()), ValueError);
  EXPECT_EQ(folder.count(), 0);
}

TEST(Npy, RefusesOtherElements) {
  EXPECT_THAT(error_text<ValueError>([] { (void)read_npy(golden("complex")); }),
              AllOf(HasSubstr(golden("complex")), HasSubstr("descr='<c8'")));
  EXPECT_THAT(error_text<ValueError>([] { (void)read_npy(golden("pickled")); }), HasSubstr("descr='|O'"));
  EXPECT_THAT(error_text<ValueError>([] { (void)read_npy(golden("structured")); }),
              HasSubstr("structured dtypes"));
}

TEST(Npy, RefusesOtherFiles) {
  const TemporaryFolder folder;
  write_file(folder / "a.npy", std::as_bytes(std::span("PK\3\4")));
  EXPECT_THAT(error_text<ValueError>([&] { (void)read_npy(folder / "a.npy"); }),
              HasSubstr("not a .npy file"));
  EXPECT_THROW((void)read_npy(folder / "missing.npy"), OSError);
  EXPECT_THROW((void)read_npy(folder.path()), OSError);
}

TEST(Npy, RefusesAFileCutOffAnywhere) {
  const std::vector<std::byte> whole = golden_bytes("little_f4");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW((void)parse_npy(std::span(whole).first(length), "x.npy"), ValueError) << length;
  }
}

TEST(Npy, RefusesTooManyBytes) {
  std::vector<std::byte> bytes = golden_bytes("little_f4");
  bytes.push_back(std::byte{0});
  EXPECT_THAT(error_text<ValueError>([&] { (void)parse_npy(bytes, "x.npy"); }),
              AllOf(HasSubstr("x.npy"), HasSubstr("expected 24 bytes"), HasSubstr("Received: 25 bytes")));
}

TEST(Npy, LoadsOrRefusesEveryDamagedHeaderByte) {
  std::vector<std::byte> bytes = golden_bytes("little_f4");
  int refused = 0;
  for (std::size_t at = 0; at < 128; ++at) {
    const std::byte old = bytes[at];
    for (int value = 0; value < 256; ++value) {
      bytes[at] = static_cast<std::byte>(value);
      try {
        (void)parse_npy(bytes, "x.npy");
      } catch (const ValueError&) {
        ++refused;
      }
    }
    bytes[at] = old;
  }
  EXPECT_GT(refused, 10000);
}

TEST(Npy, RefusesHugeShapesBeforeTakingMemory) {
  EXPECT_THAT(refusal_of_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"),
              HasSubstr("expected 4000000000000 bytes"));
  EXPECT_THAT(refusal_of_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"),
              AllOf(HasSubstr("x.npy"), HasSubstr("too large")));
  EXPECT_THAT(refusal_of_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"),
              HasSubstr("too large"));
  EXPECT_THAT(refusal_of_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }"),
              HasSubstr("more than 8 axes"));
}

TEST(Npy, RefusesWhatIsNoPlainDictionary) {
  for (const char* dictionary :
       {"", "{}", "{", "__import__('os').system('true')", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()} 1",
        "{'descr': '<f4' 'fortran_order': False, 'shape': ()}"}) {
    EXPECT_THAT(refusal_of_npy(dictionary, 4), HasSubstr("x.npy")) << dictionary;
  }
}

TEST(Npy, DoesNotPrintControlCharactersOfAFile) {
  EXPECT_THAT(refusal_of_npy("{'\x1b[31m': 1}"), HasSubstr("unprintable"));
}

TEST(Npz, GivesTheArraysByName) {
  const auto arrays = testing::read_npz(std::string(SEPAL_SOURCE_DIR) + "/tests/golden/npy/two.npz");
  ASSERT_EQ(arrays.size(), 2U);
  testing::expect_values(arrays.at("a"), {2}, {1, 2});
  testing::expect_values(arrays.at("b"), {}, {3});
}

}  // namespace
}  // namespace sepal
