//! [`Direct`]: a serializer that says a scalar as it is and writes everything else as JSON. A text or a number, which
//! most arguments are, costs no JSON and no buffer.

use serde::{Serialize, Serializer};

use super::{Origin, Say, said::Bounded};

type Json<'a> = serde_json::Serializer<&'a mut Bounded>;

/// Takes one value.
pub(super) struct Direct<'a, 'w> {
    pub(super) json: &'a mut Json<'w>,
    pub(super) say: &'a mut dyn FnMut(Say<'_>),
}

type Done = Result<(), serde_json::Error>;

impl<'a, 'w> Serializer for Direct<'a, 'w> {
    type Ok = ();
    type Error = serde_json::Error;
    type SerializeSeq = <&'a mut Json<'w> as Serializer>::SerializeSeq;
    type SerializeTuple = <&'a mut Json<'w> as Serializer>::SerializeTuple;
    type SerializeTupleStruct = <&'a mut Json<'w> as Serializer>::SerializeTupleStruct;
    type SerializeTupleVariant = <&'a mut Json<'w> as Serializer>::SerializeTupleVariant;
    type SerializeMap = <&'a mut Json<'w> as Serializer>::SerializeMap;
    type SerializeStruct = <&'a mut Json<'w> as Serializer>::SerializeStruct;
    type SerializeStructVariant = <&'a mut Json<'w> as Serializer>::SerializeStructVariant;

    fn serialize_bool(self, value: bool) -> Done {
        (self.say)(Say::Bool(value));
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Done {
        (self.say)(u64::try_from(value).map_or(Say::I64(value), Say::U64));
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Done {
        self.json.serialize_i128(value)
    }

    fn serialize_u8(self, value: u8) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Done {
        (self.say)(Say::U64(value));
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Done {
        self.json.serialize_u128(value)
    }

    // Through JSON, which writes its shortest decimal: widening it would add digits.
    fn serialize_f32(self, value: f32) -> Done {
        self.json.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Done {
        if value.is_finite() {
            (self.say)(Say::F64(value));
            Ok(())
        } else {
            self.json.serialize_f64(value)
        }
    }

    fn serialize_char(self, value: char) -> Done {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Done {
        (self.say)(Say::Text(value, Origin::Str));
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        self.json.serialize_bytes(value)
    }

    fn serialize_none(self) -> Done {
        self.json.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        self.json.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Done {
        self.json.serialize_unit_struct(name)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        self.json.serialize_newtype_variant(name, index, variant, value)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, Self::Error> {
        self.json.serialize_seq(len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, Self::Error> {
        self.json.serialize_tuple(len)
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, Self::Error> {
        self.json.serialize_tuple_struct(name, len)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, Self::Error> {
        self.json.serialize_tuple_variant(name, index, variant, len)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, Self::Error> {
        self.json.serialize_map(len)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, Self::Error> {
        self.json.serialize_struct(name, len)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, Self::Error> {
        self.json.serialize_struct_variant(name, index, variant, len)
    }
}
