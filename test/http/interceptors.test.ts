import * as undici from "undici";
import { describeUndici } from "../support/undici-suite.js";

describeUndici("undici 7", undici);
