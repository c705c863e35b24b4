// Datatype messages: section IV.A.2.d of the HDF5 File Format Specification.
#include <fmt/format.h>

#include <array>

#include "sepal/saving/h5_object.h"

namespace sepal {
namespace {

enum class Class : unsigned {
  integer,
  real,
  time,
  text,
  bits,
  opaque,
  compound,
  reference,
  enumeration,
  variable,
  array
};

constexpr std::array kNames = {"integer",  "float",     "time",        "string",   "bit field", "opaque",
                               "compound", "reference", "enumeration", "sequence", "array"};

struct RealFormat {
  DType dtype;
  std::uint64_t size;
  unsigned sign, exponent, exponent_bits, fraction, fraction_bits;
  std::uint32_t bias;
};

// IEEE 754.
constexpr std::array<RealFormat, 3> kRealFormats = {{{DType::float16, 2, 15, 10, 5, 0, 10, 15},
                                                     {DType::float32, 4, 31, 23, 8, 0, 23, 127},
                                                     {DType::float64, 8, 63, 52, 11, 0, 52, 1023}}};

std::optional<DType> integer_dtype(std::uint64_t size, bool is_signed) {
  switch (size) {
    case 1:
      return is_signed ? DType::int8 : DType::uint8;
    case 2:
      return is_signed ? DType::int16 : DType::uint16;
    case 4:
      return is_signed ? DType::int32 : DType::uint32;
    case 8:
      return is_signed ? DType::int64 : DType::uint64;
    default:
      return {};
  }
}

void read_integer(H5Cursor& cursor, std::uint32_t flags, H5Type& type) {
  const unsigned offset = cursor.u16();
  const unsigned precision = cursor.u16();
  type.big_endian = (flags & 1U) != 0;
  if (offset == 0 && precision == type.size * 8) type.dtype = integer_dtype(type.size, (flags & 8U) != 0);
}

void read_real(H5Cursor& cursor, std::uint32_t flags, H5Type& type) {
  const unsigned offset = cursor.u16();
  const unsigned precision = cursor.u16();
  const unsigned exponent = cursor.u8();
  const unsigned exponent_bits = cursor.u8();
  const unsigned fraction = cursor.u8();
  const unsigned fraction_bits = cursor.u8();
  const std::uint32_t bias = cursor.u32();
  const unsigned sign = (flags >> 8) & 0xFFU;
  const bool is_vax = (flags & 0x40U) != 0;
  const bool has_implied_bit = ((flags >> 4) & 3U) == 2;
  type.big_endian = (flags & 1U) != 0;
  for (const RealFormat& format : kRealFormats) {
    if (type.size == format.size && offset == 0 && precision == format.size * 8 && sign == format.sign &&
        exponent == format.exponent && exponent_bits == format.exponent_bits && fraction == format.fraction &&
        fraction_bits == format.fraction_bits && bias == format.bias && has_implied_bit && !is_vax) {
      type.dtype = format.dtype;
    }
  }
}

// h5py's bool: FALSE = 0 and TRUE = 1 in one byte.
void read_enumeration(H5Cursor& cursor, unsigned version, std::uint32_t flags, H5Type& type) {
  const H5Type base = read_h5_type(cursor);
  if ((flags & 0xFFFFU) != 2 || base.size != 1 || type.size != 1) return;
  for (const char* name : {"FALSE", "TRUE"}) {
    const std::size_t length = std::string(name).size() + 1;
    const auto text = cursor.take(version < 3 ? 8 : length);
    if (std::memcmp(text.data(), name, length) != 0) return;
  }
  if (cursor.u8() == 0 && cursor.u8() == 1) type.dtype = DType::boolean;
}

}  // namespace

H5Type read_h5_type(H5Cursor& cursor) {
  const unsigned first = cursor.u8();
  const unsigned version = first >> 4;
  const unsigned kind = first & 15U;
  const auto flags = static_cast<std::uint32_t>(cursor.sized(3));
  H5Type type;
  type.size = cursor.u32();
  if (version < 1 || version > 3 || kind >= kNames.size() || type.size == 0) {
    cursor.fail("its element type is damaged");
  }
  type.words = fmt::format("{} of {} bytes", kNames[kind], type.size);
  switch (static_cast<Class>(kind)) {
    case Class::integer:
      read_integer(cursor, flags, type);
      break;
    case Class::real:
      read_real(cursor, flags, type);
      break;
    case Class::text:
      type.is_text = true;
      break;
    case Class::opaque:
      // NumPy and h5py have no bfloat16; Keras writes its bytes.
      if (type.size == 2) type.dtype = DType::bfloat16;
      break;
    case Class::enumeration:
      read_enumeration(cursor, version, flags, type);
      break;
    case Class::variable:
      type.is_text = (flags & 15U) == 1;
      type.is_variable = true;
      if (type.is_text) type.words = "string of variable length";
      break;
    default:
      break;
  }
  return type;
}

}  // namespace sepal
